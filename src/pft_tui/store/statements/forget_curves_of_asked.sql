-- A trial that is tried afresh begins its curve anew; a model goes on from its last epoch.
delete from metrics
where run_id in (
    select job.job_id
    from private.jobs as job
    join asked_jobs as asked using (job_id)
    where job.kind = 'trial' and job.state in ('failed', 'cancelled')
);
