-- What a worker that is gone had: what was running on it and, where it had begun nothing, what it was handed.
-- One that was stopped on purpose (no error) has made no attempt, nor has one that was lost with its node or
-- machine; but a job that is lost so again and again may be what brings them down. A model that has gained an
-- epoch since it began is not.
update private.jobs as job
set
    state = case when known.is_over then 'failed' when job.superseded then 'cancelled' else 'queued' end,
    attempts = known.attempts,
    losses = known.losses,
    error = coalesce(case when $lost and known.is_over then $given_up else $error end, job.error),
    reason = case when job.superseded then 'superseded by another setting' end,
    worker_id = null,
    started_at = null,
    finished_at = case when known.is_over then cast($now as timestamp) end
from (
    with counted as (
        select
            job_id,
            attempts - cast(state = 'running' and ($error is null or $lost) as integer) as attempts,
            case
                when not $lost then losses
                when kind = 'prefinetune' and exists (
                    from metrics where run_id = job_id and "at" >= started_at
                ) then 1
                else losses + 1
            end as losses
        from private.jobs
        where
            state = 'running' and worker_id = $worker_id
            or state = 'queued' and list_contains($handed, job_id)
    )

    select
        *,
        case
            when $lost then losses >= $most_losses else $error is not null and attempts >= $most_attempts
        end as is_over
    from counted
) as known
where job.job_id = known.job_id
returning job.job_id, job.kind, job.state;
