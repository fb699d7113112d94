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
                own_audio.reason,
                model.reason,
                audio.reason,
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
    job.number
from private.jobs as job
left join private.bundles as bundle using (bundle_id)
left join private.model_waits as model on model.model_id = bundle.model_id
left join private.audio_waits as audio on audio.corpus = bundle.downstream and audio.digest = bundle.digest
left join private.model_audio_waits as own_audio on own_audio.model_id = job.job_id
where job.kind <> 'base';
