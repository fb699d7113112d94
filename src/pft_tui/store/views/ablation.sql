-- What does leaving each corpus out cost? One row per (setting, k, corpus): f1_all is the mean F1 of the model
-- of all corpora, f1_ex of the model of all but this one; both are means of the (speaker, emotion) cell means,
-- over the cells that both models have. delta is f1_all - f1_ex: what the corpus adds to all the others.
create or replace view ablation as
with of_sets as materialized (
    select *, sum_f1 / trials as f1
    from private.cell_sums
),

in_some_set as (
    select distinct setting, unnest(corpora) as corpus
    from of_sets
),

named as (
    select setting, corpus, count(*) over (partition by setting) as all_of_them
    from in_some_set
),

sizes as (
    select setting, any_value(all_of_them) as all_of_them
    from named
    group by setting
),

-- The largest sets alone, before they are multiplied by the corpora.
largest as materialized (
    select of_sets.*, all_of_them
    from of_sets
    join sizes using (setting)
    where of_sets.n_corpora >= all_of_them - 1
),

all_corpora as (
    select *, unnest(corpora) as corpus
    from largest
    where n_corpora = all_of_them
),

all_others as (
    select largest.*, named.corpus
    from largest
    join named using (setting)
    where largest.n_corpora = named.all_of_them - 1 and not list_contains(largest.corpora, named.corpus)
),

cells as (
    select
        setting,
        k,
        corpus,
        all_corpora.f1 as f1_all,
        all_others.f1 as f1_ex,
        all_corpora.f1 - all_others.f1 as delta,
        all_corpora.trials + all_others.trials as trials,
        all_corpora.expected + all_others.expected as expected
    from all_corpora
    join all_others using (setting, k, corpus, speaker, emotion)
)

select
    k,
    corpus,
    avg(f1_all) filter (where delta is not null) as f1_all,
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
