-- What is there to do, and what does each queued job wait for? One row per job.
create or replace view jobs as
select
    job.job_id,
    job.kind,
    job.state,
    case
        when job.state = 'queued'
            then coalesce(
                case when job.held then 'paused' end,
                waits.reason,
                -- A pause ('all') comes before what the machine lacks ('machine').
                (select first(reason order by subject) from private.stops where subject in ('all', 'machine')),
                'waits for a free slot'
            )
        else job.reason
    end as reason,
    job.priority,
    job.attempts,
    job.worker_id,
    job.error,
    job.done,
    job.total,
    job.unit,
    job.queued_at,
    job.started_at,
    job.finished_at,
    job.superseded,
    job.model_id,
    job.number,
    job.held
from private.jobs as job
left join private.waits as waits on waits.needer = coalesce(job.bundle_id, job.job_id)
where job.kind <> 'base';
