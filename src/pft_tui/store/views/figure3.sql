-- What does each corpus bring over no pre-finetuning? One row per (setting, k, corpus): mean and standard
-- error, over the (speaker, emotion) cells, of the mean F1 of all models whose set includes the corpus
-- minus that of the encoder as it is. The trials of a cell are pooled.
create or replace view figure3 as
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
from private.corpus_deltas
group by setting, k, corpus
having count(delta) > 0
order by protocol, method, encoder, downstream, k, corpus;
