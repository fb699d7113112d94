-- Which audio is not decoded yet, and what does that mean to the jobs that need it?
-- One row per prepare job that is not finished.
create or replace view private.audio_waits as
select
    spec.corpus,
    spec.digest,
    case job.state
        when 'failed' then 'the audio of ' || spec.corpus || ' could not be prepared'
        when 'cancelled' then 'preparing the audio of ' || spec.corpus || ' was cancelled'
        else 'waits for the audio of ' || spec.corpus
    end as reason
from private.prepare_specs as spec
join private.jobs as job using (job_id)
where job.kind = 'prepare' and job.state <> 'finished';
