insert into private.jobs (
    job_id, kind, state, priority, attempts, queued_at, superseded, model_id, bundle_id
)
select
    asked.job_id,
    asked.kind,
    case when asked.kind = 'base' then 'finished' else 'queued' end,
    asked.priority,
    0,
    $now,
    false,
    asked.model_id,
    asked.bundle_id
from asked_jobs as asked
anti join private.jobs as known using (job_id);
