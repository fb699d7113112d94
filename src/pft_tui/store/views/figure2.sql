-- What does pre-finetuning on more corpora bring? One row per (setting, k, number of corpora):
-- mean and standard error of macro F1 over all models of so many corpora and all their trials.
create or replace view figure2 as
select
    k,
    n_corpora,
    count(f1) as trials,
    avg(f1) as mean_f1,
    stddev_samp(f1) / sqrt(count(f1)) as se_f1,
    count(*) as expected,
    setting.protocol as protocol,
    setting.method as method,
    setting.encoder as encoder,
    setting.downstream as downstream
from comparable_trials
group by setting, k, n_corpora
having count(f1) > 0
order by protocol, method, encoder, downstream, k, n_corpora;
