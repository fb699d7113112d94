-- What was run, from which model, on what, and how did it go? One row per trial.
create or replace view trials as
select
    spec.trial_id,
    bundle.model_id,
    model.corpora,
    model.corpus_set,
    model.n_corpora,
    bundle.method,
    bundle.protocol,
    model.encoder,
    bundle.downstream,
    bundle.speaker,
    bundle.language,
    spec.emotion,
    spec.k,
    spec.trial,
    spec.seed,
    job.state as status,
    result.epochs,
    result.best_epoch,
    result.val_macro_f1,
    result.accuracy,
    result.macro_f1,
    result.weighted_f1,
    result.seconds,
    result.device,
    result.examples,
    coalesce(result.started_at, job.started_at) as started_at,
    coalesce(result.finished_at, job.finished_at) as finished_at,
    result.environment_id as run_environment,
    job.superseded,
    job.attempts,
    job.error
from private.trial_specs as spec
join private.jobs as job on job.job_id = spec.trial_id
join private.bundles as bundle on bundle.bundle_id = spec.bundle_id
left join private.model_specs as model on model.model_id = bundle.model_id
left join private.trial_results as result on result.trial_id = spec.trial_id;
