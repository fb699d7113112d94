select job.job_id, spec.corpus, spec.digest, job.attempts, job.priority
from private.jobs as job
join private.prepare_specs as spec using (job_id)
where job.kind = 'prepare' and job.state = 'queued'
order by job.priority desc, spec.corpus;
