-- How did each set of corpora do in each cell? One row per (setting, k, set of corpora, speaker, emotion):
-- the sum of the F1 of its finished trials, how many these are and how many are expected. Sums, so that
-- the cells of several sets can be pooled.
create or replace view private.cell_sums as
select
    setting,
    k,
    corpora,
    n_corpora,
    speaker,
    any_value(language) as language,
    emotion,
    sum(f1) as sum_f1,
    count(f1) as trials,
    count(*) as expected
from comparable_trials
group by setting, k, corpora, n_corpora, speaker, emotion;
