update private.jobs as job
set
    state = 'queued',
    reason = null,
    attempts = 0,
    worker_id = null,
    error = null,
    done = null,
    total = null,
    unit = null,
    queued_at = $now,
    started_at = null,
    finished_at = null
from asked_jobs as asked
where job.job_id = asked.job_id and job.state in ('failed', 'cancelled');
