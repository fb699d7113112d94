update private.jobs
set state = 'cancelled', reason = 'no longer in the grid'
where state = 'queued' and job_id not in (select job_id from asked_jobs)
returning kind;
