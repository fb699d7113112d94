-- How many jobs begin with each of the ids, and one of them. Ids are hexadecimal: 'g' comes after all of them.
select asked.id, count(job.job_id) as found, min(job.job_id) as job_id
from (select unnest($ids) as id) as asked
left join private.jobs as job
    on job.job_id >= asked.id and job.job_id < asked.id || 'g' and job.kind <> 'base'
group by asked.id;
