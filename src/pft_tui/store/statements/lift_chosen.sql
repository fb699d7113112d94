-- The queued jobs whose priority changes, if the chosen ones get this one: what they wait for is lifted with
-- them, or they would gain nothing.
create or replace temp table lifted_jobs as
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

select
    job_id,
    number,
    priority as before,
    case when job_id in (from chosen_jobs) then $priority else greatest(priority, $priority) end as after
from private.jobs
where state = 'queued' and job_id in (from lifted) and before <> after;
