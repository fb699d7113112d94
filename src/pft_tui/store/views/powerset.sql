-- How does every set of corpora do? One row per (setting, set of corpora, k): mean and standard error of
-- macro F1 over its trials. delta_vs_base is the mean difference to the encoder as it is, each trial paired
-- with the one of the same speaker, emotion, k, trial and seed; `pairs` of them are finished on both sides.
create or replace view powerset as
with no_pft as (
    select setting, speaker, emotion, k, trial, seed, f1 as base_f1
    from comparable_trials
    where n_corpora = 0
)

select
    corpus_set,
    n_corpora,
    k,
    count(f1) as trials,
    avg(f1) as mean_f1,
    stddev_samp(f1) / sqrt(count(f1)) as se_f1,
    avg(f1 - base_f1) as delta_vs_base,
    count(f1 - base_f1) as pairs,
    count(*) as expected,
    setting.protocol as protocol,
    setting.method as method,
    setting.encoder as encoder,
    setting.downstream as downstream
from comparable_trials
left join no_pft using (setting, speaker, emotion, k, trial, seed)
group by setting, corpus_set, n_corpora, k
having count(f1) > 0
order by protocol, method, encoder, downstream, n_corpora, corpus_set, k;
