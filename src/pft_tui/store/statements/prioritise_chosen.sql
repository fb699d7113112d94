-- What the chosen jobs wait for is lifted with them, or they would gain nothing.
with needed as (
    select job_id from chosen_jobs
    union
    select job.model_id
    from private.jobs as job
    join chosen_jobs using (job_id)
    where job.model_id is not null
    union
    select spec.job_id
    from private.jobs as job
    join chosen_jobs using (job_id)
    left join private.bundles as bundle on bundle.bundle_id = job.bundle_id
    left join private.model_corpora as learned on learned.model_id = job.model_id
    join private.prepare_specs as spec
        on (spec.corpus = bundle.downstream and spec.digest = bundle.digest)
        or (spec.corpus = learned.corpus and spec.digest = learned.digest)
)

update private.jobs as job
set priority = case
    when job.job_id in (select job_id from chosen_jobs) then $priority
    else greatest(job.priority, $priority)
end
where job.state = 'queued' and job.job_id in (select job_id from needed)
returning job.job_id;
