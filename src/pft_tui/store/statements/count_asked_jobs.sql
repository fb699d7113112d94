select
    asked.kind,
    count(*) filter (where job.state is null) as added,
    count(*) filter (where job.state in ('failed', 'cancelled')) as again,
    count(*) filter (where job.state = 'finished') as finished,
    count(*) filter (where job.state in ('queued', 'running')) as under_way
from asked_jobs as asked
left join private.jobs as job using (job_id)
group by asked.kind;
