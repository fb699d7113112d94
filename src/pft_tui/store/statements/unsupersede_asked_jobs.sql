update private.jobs
set superseded = false
where superseded and job_id in (select job_id from asked_jobs);
