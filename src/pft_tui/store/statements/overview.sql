-- How far is each model, and how many of its trials are in which state? Methods without an encoder have
-- rows of their own, without an id.
with trials as (
    select
        bundle.model_id,
        bundle.method,
        count(*) as total,
        count(*) filter (where job.state = 'finished') as finished,
        count(*) filter (where job.state = 'failed') as failed,
        count(*) filter (where job.state = 'running') as running,
        count(*) filter (where job.state = 'queued') as queued
    from private.jobs as job
    join private.bundles as bundle using (bundle_id)
    where job.kind = 'trial' and job.state <> 'cancelled' and not job.superseded
    group by all
)

select
    coalesce(job.job_id, trials.model_id) as id,
    coalesce(model.corpus_set, trials.method) as model,
    model.encoder,
    coalesce(model.n_corpora, 0) as n_corpora,
    coalesce(job.kind = 'prefinetune', false) as is_prefinetuned,
    job.state,
    job.done,
    job.total as steps,
    job.unit,
    coalesce(trials.total, 0) as total,
    coalesce(trials.finished, 0) as finished,
    coalesce(trials.failed, 0) as failed,
    coalesce(trials.running, 0) as running,
    coalesce(trials.queued, 0) as queued
from trials
full join (
    from private.jobs
    where kind in ('prefinetune', 'base') and state <> 'cancelled' and not superseded
) as job on job.job_id = trials.model_id
left join private.model_specs as model on model.model_id = coalesce(job.job_id, trials.model_id)
order by n_corpora, model, model.encoder, id;
