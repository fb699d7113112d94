-- Is a corpus worth more alone than all the others without it? One row per (setting, k, corpus):
-- f1_in is the mean F1 of the model of this corpus alone, f1_ex of the model of all corpora but this one;
-- both are means of the (speaker, emotion) cell means, over the cells that both models have.
create or replace view table1 as
with corpus_alone as (
    select setting, k, corpora[1] as corpus, speaker, emotion,
        avg(f1) as f1, count(f1) as trials, count(*) as expected
    from comparable_trials
    where n_corpora = 1
    group by all
),

all_others as (
    select setting, k, corpus, speaker, emotion, avg(f1) as f1, count(f1) as trials, count(*) as expected
    from comparable_trials
    join private.setting_corpora as named using (setting)
    where comparable_trials.n_corpora = named.n_corpora - 1
        and not list_contains(comparable_trials.corpora, named.corpus)
    group by all
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
