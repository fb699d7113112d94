-- Which models are there, and how did their pre-finetuning go? One row per model.
create or replace view models as
select
    spec.model_id,
    spec.encoder,
    spec.revision,
    spec.corpora,
    spec.corpus_set,
    spec.n_corpora,
    spec.seed,
    job.state as status,
    result.epochs,
    result.best_epoch,
    result.val_loss,
    result.seconds,
    result.device,
    coalesce(result.started_at, job.started_at) as started_at,
    coalesce(result.finished_at, job.finished_at) as finished_at,
    result.environment_id as run_environment,
    job.superseded,
    job.attempts,
    job.error,
    spec.fingerprint,
    spec.spec -> '$.settings' as settings
from private.model_specs as spec
join private.jobs as job on job.job_id = spec.model_id
left join private.model_results as result on result.model_id = spec.model_id;
