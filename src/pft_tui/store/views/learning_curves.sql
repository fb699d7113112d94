-- How did the models of a setting learn? One row per (setting, model, name, epoch) of pre-finetuning, for the
-- models that the setting's trials start from.
create or replace view learning_curves as
with of_settings as (
    select distinct setting, model_id, corpus_set, n_corpora
    from comparable_trials
    where n_corpora > 0
)

select
    of_settings.corpus_set,
    of_settings.n_corpora,
    metrics.name,
    metrics.epoch,
    metrics.step,
    metrics.value,
    metrics.epoch = models.best_epoch as is_best,
    models.model_id,
    setting.protocol as protocol,
    setting.method as method,
    setting.encoder as encoder,
    setting.downstream as downstream
from of_settings
join models on models.model_id = of_settings.model_id
join metrics on metrics.run_id = models.model_id
order by protocol, method, encoder, downstream, n_corpora, corpus_set, model_id, name, epoch;
