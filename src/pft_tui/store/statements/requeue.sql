-- What was running on a worker that is gone. One that was stopped on purpose has made no attempt.
update private.jobs
set
    state = case
        when $error is not null and attempts >= $most_attempts then 'failed'
        when superseded then 'cancelled'
        else 'queued'
    end,
    attempts = case when $error is null then attempts - 1 else attempts end,
    error = coalesce($error, error),
    reason = case when superseded then 'superseded by another setting' end,
    worker_id = null,
    started_at = null,
    finished_at = case when $error is not null and attempts >= $most_attempts then cast($now as timestamp) end
where state = 'running' and worker_id = $worker_id
returning job_id, kind, state;
