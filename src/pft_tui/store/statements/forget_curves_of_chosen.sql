-- As forget_curves_of_asked, for jobs that are retried one by one.
delete from metrics
where run_id in (
    select job.job_id
    from private.jobs as job
    join chosen_jobs using (job_id)
    where job.kind = 'trial' and job.state in ('failed', 'cancelled')
);
