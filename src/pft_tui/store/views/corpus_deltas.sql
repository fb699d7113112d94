-- What does each corpus bring in each cell? One row per (setting, k, corpus, speaker, emotion): the mean F1
-- of all models whose set includes the corpus minus that of the encoder as it is. The trials of a cell are
-- pooled; delta is NULL where one of the two has none yet.
create or replace view private.corpus_deltas as
with of_sets as materialized (
    from private.cell_sums
),

no_pft as (
    select *, sum_f1 / trials as f1
    from of_sets
    where n_corpora = 0
),

each_corpus as (
    select setting, k, speaker, emotion, unnest(corpora) as corpus, sum_f1, trials, expected
    from of_sets
),

with_corpus as (
    select
        setting,
        k,
        speaker,
        emotion,
        corpus,
        sum(sum_f1) / sum(trials) as f1,
        sum(trials) as trials,
        sum(expected) as expected
    from each_corpus
    group by all
)

select
    setting,
    k,
    corpus,
    speaker,
    emotion,
    with_corpus.f1 - no_pft.f1 as delta,
    with_corpus.trials + no_pft.trials as trials,
    with_corpus.expected + no_pft.expected as expected
from with_corpus
join no_pft using (setting, k, speaker, emotion);
