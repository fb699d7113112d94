update private.jobs as job
set state = 'cancelled', reason = 'cancelled by the user'
from chosen_jobs as chosen
where job.job_id = chosen.job_id and job.state in ('queued', 'running')
returning job.job_id;
