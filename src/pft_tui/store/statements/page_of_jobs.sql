with page as (
    from chosen_jobs
    order by number
    limit $limit offset $skip
)

select
    page.number,
    page.job_id as id,
    job.kind,
    job.state,
    job.reason,
    page.corpus_set as model,
    page.speaker,
    page.emotion,
    page.k,
    page.trial,
    job.priority,
    job.attempts,
    job.worker_id as worker,
    job.error,
    job.done,
    job.total,
    job.unit,
    epoch(job.queued_at) as queued_at,
    epoch(job.started_at) as started_at,
    epoch(job.finished_at) as finished_at
from page
join jobs as job using (job_id)
order by page.number;
