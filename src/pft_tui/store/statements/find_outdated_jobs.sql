-- Models and trials of the same cell as one that is asked for, under another id; and the trials of
-- outdated models, which would else stand in for the models that took their place.
insert into outdated_jobs
with outdated_models as (
    select old.model_id
    from private.model_specs as old
    join asked_models as asked
        on asked.encoder = old.encoder and asked.corpus_set = old.corpus_set
        and (asked.seed = old.seed or old.corpus_set = 'base')
    anti join asked_jobs as kept on kept.job_id = old.model_id
),

cells as (
    select
        trial.trial_id,
        bundle.model_id,
        (
            bundle.protocol, bundle.method, model.encoder, bundle.downstream, model.corpus_set,
            bundle.speaker, trial.emotion, trial.k, trial.trial, trial.seed
        ) as cell
    from private.trial_specs as trial
    join private.bundles as bundle using (bundle_id)
    left join private.model_specs as model on model.model_id = bundle.model_id
),

asked_cells as (
    select cells.cell
    from cells
    join asked_trials as asked using (trial_id)
),

outdated_trials as (
    select trial_id
    from cells
    where cell in (from asked_cells) or model_id in (from outdated_models)
)

select model_id from outdated_models
union
select outdated.trial_id
from outdated_trials as outdated
anti join asked_jobs as kept on kept.job_id = outdated.trial_id;
