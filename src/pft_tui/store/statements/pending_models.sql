select spec.spec, job.attempts, job.priority, waits.reason
from private.jobs as job
join private.model_specs as spec on spec.model_id = job.job_id
left join private.waits as waits on waits.needer = job.job_id
where job.kind = 'prefinetune' and job.state = 'queued' and not job.held
order by job.priority desc, spec.n_corpora, spec.corpus_set, job.job_id;
