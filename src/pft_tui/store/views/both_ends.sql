-- How did the encoder as it is, and the model of all the setting's corpora, do in each cell? One row per
-- (setting, k, speaker, emotion): sums of F1 and numbers of trials, so that cells can be pooled.
create or replace view private.both_ends as
with of_sets as materialized (
    from private.cell_sums
),

in_some_set as (
    select distinct setting, unnest(corpora) as corpus
    from of_sets
),

all_corpora as (
    select setting, count(*) as all_of_them
    from in_some_set
    group by setting
)

select
    setting,
    k,
    speaker,
    any_value(language) as language,
    emotion,
    sum(sum_f1) filter (where n_corpora = 0) as sum_no_pft,
    sum(trials) filter (where n_corpora = 0) as trials_no_pft,
    sum(sum_f1) filter (where n_corpora > 0) as sum_all_pft,
    sum(trials) filter (where n_corpora > 0) as trials_all_pft,
    sum(trials) as trials,
    sum(expected) as expected
from of_sets
left join all_corpora using (setting)
where n_corpora = 0 or n_corpora = all_of_them
group by setting, k, speaker, emotion;
