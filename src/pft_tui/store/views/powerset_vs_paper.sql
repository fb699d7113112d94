-- How far is each set of corpora from what the paper published? One row per row of powerset. paper_f1 is
-- known for the sets of its Table 1, a corpus alone or all of the paper's corpora but one, and else NULL.
-- Corpora are matched by their readers.
create or replace view powerset_vs_paper as
with published as (
    select k, [corpus] as readers, f1_in as paper_f1
    from paper_table1
    union all
    select
        k,
        list_filter((select list(distinct corpus) from paper_table1), lambda name: name <> corpus),
        f1_ex
    from paper_table1
),

ours as materialized (
    from powerset
),

members as (
    select distinct corpus_set, unnest(string_split(corpus_set, '+')) as corpus
    from ours
    where n_corpora > 0
),

of_readers as (
    select
        members.corpus_set,
        list_sort(list(coalesce(corpora.reader, members.corpus))) as readers
    from members
    left join corpora on corpora.corpus = members.corpus
    group by members.corpus_set
),

of_sets as (
    select of_readers.corpus_set, published.k, published.paper_f1
    from of_readers
    join published on list_sort(published.readers) = of_readers.readers
)

select
    corpus_set,
    n_corpora,
    k,
    trials,
    mean_f1,
    paper_f1,
    mean_f1 - paper_f1 as difference,
    se_f1,
    expected,
    protocol,
    method,
    encoder,
    downstream
from ours
left join of_sets using (corpus_set, k)
order by protocol, method, encoder, downstream, n_corpora, corpus_set, k;
