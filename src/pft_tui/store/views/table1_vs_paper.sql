-- Do our numbers point the way the paper's do? One row per (setting, k, corpus) that both tables have.
-- difference: our delta less the paper's. sign_agrees: both deltas have the same sign. rank_agrees: the corpus takes the same place, by delta,
-- among the corpora of this setting and k that both tables have; rank 1 is the largest delta.
create or replace view table1_vs_paper as
with ours as (
    select table1.*, coalesce(corpora.reader, table1.corpus) as reader
    from table1
    left join corpora using (corpus)
),

matched as (
    select
        ours.*,
        paper.f1_in as paper_f1_in,
        paper.f1_ex as paper_f1_ex,
        paper.delta as paper_delta
    from ours
    join paper_table1 as paper on paper.k = ours.k and paper.corpus = ours.reader
),

ranked as (
    select
        *,
        rank() over (partition by protocol, method, encoder, downstream, k order by delta desc) as place,
        rank() over (partition by protocol, method, encoder, downstream, k order by paper_delta desc)
            as paper_place
    from matched
)

select
    k,
    corpus,
    reader,
    delta,
    paper_delta,
    delta - paper_delta as difference,
    sign(delta) = sign(paper_delta) as sign_agrees,
    place as rank,
    paper_place as paper_rank,
    place = paper_place as rank_agrees,
    f1_in,
    paper_f1_in,
    f1_ex,
    paper_f1_ex,
    cells,
    expected_cells,
    trials,
    expected,
    protocol,
    method,
    encoder,
    downstream
from ranked
order by protocol, method, encoder, downstream, k, corpus;
