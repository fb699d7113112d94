-- A job that is finished stays so, and one that was cancelled unless a result comes all the same.
-- A trial or model is finished by its result alone: its end without one is a failure. A failure is final,
-- or goes back to the queue as long as attempts are left and no other setting has taken its place.
update private.jobs as job
set
    state = change.state,
    attempts = change.attempts,
    worker_id = case when change.state = 'queued' then null else coalesce(change.worker_id, job.worker_id) end,
    error = case when change.state = 'finished' then null else coalesce(change.error, job.error) end,
    reason = case when change.state = 'cancelled' then coalesce(job.reason, 'superseded by another setting') end,
    done = coalesce(change.done, job.done),
    total = coalesce(change.total, job.total),
    unit = coalesce(change.unit, job.unit),
    started_at = case
        when change.state = 'queued' then null else coalesce(utc(change.started), job.started_at)
    end,
    finished_at = case when change.state in ('finished', 'failed') then utc(change.ended) end
from (
    -- Where the jobs stand comes first: what else is known of them is then read of few rows.
    with placed as materialized (
        select job.rowid as place, fresh.*
        from fresh_jobs as fresh
        join private.jobs as job using (job_id)
    ),

    counted as (
        select
            fresh.* exclude (outcome, error),
            job.state,
            job.superseded,
            case
                when fresh.outcome = 'ended' and job.kind = 'prepare' then 'finished'
                when fresh.outcome = 'ended' then 'failed'
                else fresh.outcome
            end as outcome,
            case
                when fresh.outcome = 'ended' and job.kind <> 'prepare' then 'it ended without a result'
                else fresh.error
            end as error,
            -- One that failed before it could say that it started has made an attempt too.
            job.attempts + fresh.starts + cast(
                fresh.outcome = 'failed' and fresh.starts = 0 and job.state <> 'running' as integer
            ) as attempts
        from placed as fresh
        join private.jobs as job on job.rowid = fresh.place
        where job.state <> 'finished'
    )

    select
        * exclude (state, superseded, outcome),
        case
            when outcome = 'finished' then outcome
            when outcome is null or state = 'cancelled' then state
            when outcome = 'running' then outcome
            when final or attempts >= $most_attempts then 'failed'
            when superseded then 'cancelled'
            else 'queued'
        end as state
    from counted
) as change
where job.rowid = change.place
returning job.job_id, job.state;
