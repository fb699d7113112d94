update private.jobs as job
set priority = lifted.after
from lifted_jobs as lifted
where job.job_id = lifted.job_id;
