update private.jobs as job
set
    state = 'queued',
    reason = null,
    attempts = 0,
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
