-- Is a corpus worth more alone than all the others without it? One row per (setting, k, corpus):
-- f1_in is the mean F1 of the model of this corpus alone, f1_ex of the model of all corpora but this one;
-- both are means of the (speaker, emotion) cell means, over the cells that both models have.
create or replace view table1 as
with of_sets as materialized (
    select *, sum_f1 / trials as f1
    from private.cell_sums
),

sets as (
    select distinct setting, corpora
    from of_sets
),

in_some_set as (
    select distinct setting, unnest(corpora) as corpus
    from sets
),

named as (
    select setting, corpus, count(*) over (partition by setting) as n_corpora
    from in_some_set
),

corpus_alone as (
    select *, corpora[1] as corpus
    from of_sets
    where n_corpora = 1
),

all_others as (
    select of_sets.*, corpus
    from of_sets
    join named using (setting)
    where of_sets.n_corpora = named.n_corpora - 1 and not list_contains(corpora, corpus)
),

cells as (
    select
        setting,
        k,
        corpus,
        corpus_alone.f1 as f1_in,
        all_others.f1 as f1_ex,
        corpus_alone.f1 - all_others.f1 as delta,
        corpus_alone.trials + all_others.trials as trials,
        corpus_alone.expected + all_others.expected as expected
    from corpus_alone
    join all_others using (setting, k, corpus, speaker, emotion)
)

select
    k,
    corpus,
    avg(f1_in) filter (where delta is not null) as f1_in,
    avg(f1_ex) filter (where delta is not null) as f1_ex,
    avg(delta) as delta,
    count(delta) as cells,
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
