-- What the chosen jobs wait for is lifted with them, or they would gain nothing.
with direct as (
    select distinct needs.needed as job_id
    from chosen_jobs
    join private.jobs as job using (job_id)
    join private.needs as needs on needs.needer = coalesce(job.bundle_id, job.job_id)
),

lifted as (
    select job_id from chosen_jobs
    union
    select job_id from direct
    union
    select needs.needed
    from direct
    join private.needs as needs on needs.needer = direct.job_id
)

update private.jobs as job
set priority = case
    when job.job_id in (select job_id from chosen_jobs) then $priority
    else greatest(job.priority, $priority)
end
where job.state = 'queued' and job.job_id in (select job_id from lifted)
returning job.job_id;
