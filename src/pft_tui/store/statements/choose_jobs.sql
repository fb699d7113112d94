-- The jobs that a selection means: those called by id or number, or else all, as far as they pass the
-- filters. An empty list filters nothing.
create or replace temp table chosen_jobs as
with called as (
    select unnest(cast($ids as varchar[])) as prefix
),

ranges as (
    select unnest(cast($firsts as bigint[])) as lowest, unnest(cast($lasts as bigint[])) as highest
)

select
    job.job_id,
    job.number,
    job.state,
    model.corpus_set,
    bundle.speaker,
    trial.emotion,
    trial.k,
    trial.trial
from private.jobs as job
left join private.bundles as bundle using (bundle_id)
left join private.trial_specs as trial on trial.trial_id = job.job_id
left join private.model_specs as model on model.model_id = job.model_id
where
    job.kind <> 'base'
    and (
        (len(cast($ids as varchar[])) = 0 and len(cast($firsts as bigint[])) = 0)
        or exists (from called where starts_with(job.job_id, called.prefix))
        or exists (from ranges where job.number between ranges.lowest and ranges.highest)
    )
    and (len(cast($states as varchar[])) = 0 or list_contains($states, job.state))
    and (len(cast($kinds as varchar[])) = 0 or list_contains($kinds, job.kind))
    and (len(cast($models as varchar[])) = 0 or list_contains($models, model.corpus_set))
    and (len(cast($speakers as varchar[])) = 0 or list_contains($speakers, bundle.speaker))
    and (len(cast($emotions as varchar[])) = 0 or list_contains($emotions, trial.emotion))
    and (len(cast($shots as integer[])) = 0 or list_contains(cast($shots as integer[]), trial.k));
