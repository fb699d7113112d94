update private.jobs as job
set held = $held
from chosen_jobs as chosen
where job.job_id = chosen.job_id and job.state in ('queued', 'running') and job.held <> $held
returning job.job_id;
