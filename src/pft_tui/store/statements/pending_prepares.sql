select job.job_id, spec.corpus, spec.digest, job.attempts, job.priority
from private.jobs as job
join private.prepare_specs as spec using (job_id)
where job.kind = 'prepare' and job.state = 'queued' and not job.held
order by job.priority desc, spec.corpus;
