insert into private.jobs (
    job_id, kind, state, priority, attempts, queued_at, superseded, model_id, bundle_id, number, held
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
    asked.bundle_id,
    (select coalesce(max(number), 0) from private.jobs) + row_number() over (order by asked.rowid),
    false
from asked_jobs as asked
anti join private.jobs as known using (job_id)
order by asked.rowid;
