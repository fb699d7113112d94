select job_id, priority, attempts
from private.jobs
where bundle_id = $1 and state = 'queued' and not held;
