-- The jobs of these numbers, with all that is known of them.
select
    job.number,
    job.job_id as id,
    job.kind,
    job.state,
    job.reason,
    job.held,
    job.superseded,
    audio.corpus,
    model.corpus_set as model,
    bundle.speaker,
    trial.emotion,
    trial.k,
    trial.trial,
    job.priority,
    job.attempts,
    job.worker_id as worker,
    job.error,
    job.done,
    job.total,
    job.unit,
    epoch(job.queued_at) as queued_at,
    epoch(job.started_at) as started_at,
    epoch(job.finished_at) as finished_at
from jobs as job
left join private.trial_specs as trial on trial.trial_id = job.job_id
left join private.bundles as bundle on bundle.bundle_id = trial.bundle_id
left join private.model_specs as model on model.model_id = job.model_id
left join private.prepare_specs as audio on audio.job_id = job.job_id
where job.number between $lowest and $highest and list_contains($numbers, job.number)
order by job.number;
