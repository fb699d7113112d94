-- What does each corpus bring over no pre-finetuning? One row per (setting, k, corpus): mean and standard
-- error, over the (speaker, emotion) cells, of the mean F1 of all models whose set includes the corpus
-- minus that of the encoder as it is. The trials of a cell are pooled.
create or replace view figure3 as
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
),

cells as (
    select
        setting,
        k,
        corpus,
        with_corpus.f1 - no_pft.f1 as delta,
        with_corpus.trials + no_pft.trials as trials,
        with_corpus.expected + no_pft.expected as expected
    from with_corpus
    join no_pft using (setting, k, speaker, emotion)
)

select
    k,
    corpus,
    count(delta) as cells,
    avg(delta) as mean_delta,
    stddev_samp(delta) / sqrt(count(delta)) as se_delta,
    count(*) as expected_cells,
    cast(sum(trials) as bigint) as trials,
    cast(sum(expected) as bigint) as expected,
    setting.protocol as protocol,
    setting.method as method,
    setting.encoder as encoder,
    setting.downstream as downstream
from cells
group by setting, k, corpus
having count(delta) > 0
order by protocol, method, encoder, downstream, k, corpus;
