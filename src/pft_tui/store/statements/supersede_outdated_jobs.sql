update private.jobs as job
set
    superseded = true,
    reason = case when job.state = 'queued' then 'superseded by another setting' else job.reason end,
    state = case when job.state = 'queued' then 'cancelled' else job.state end
from outdated_jobs as outdated
where job.job_id = outdated.job_id and not job.superseded
returning job.kind;
