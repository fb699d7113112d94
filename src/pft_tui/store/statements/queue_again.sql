-- Of the chosen jobs, those that failed or were cancelled: as if they had never been tried. A trial begins its
-- curve anew; a model goes on from its last epoch.
delete from metrics
where run_id in (
    select job.job_id
    from private.jobs as job
    join chosen_jobs using (job_id)
    where job.kind = 'trial' and job.state in ('failed', 'cancelled') and not job.superseded
);

update private.jobs as job
set
    state = 'queued',
    reason = null,
    attempts = 0,
    losses = 0,
    held = false,
    worker_id = null,
    error = null,
    done = null,
    total = null,
    unit = null,
    queued_at = $now,
    started_at = null,
    finished_at = null
from chosen_jobs as chosen
where job.job_id = chosen.job_id and job.state in ('failed', 'cancelled') and not job.superseded
returning job.job_id;
