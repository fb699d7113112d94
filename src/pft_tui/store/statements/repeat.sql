-- What has to be done once more though it was finished: its outcome is no longer there.
update private.jobs
set
    state = 'queued', attempts = 0, losses = 0, worker_id = null, error = null, done = null, total = null,
    queued_at = $now, started_at = null, finished_at = null
where state = 'finished' and job_id in (select unnest($job_ids));
