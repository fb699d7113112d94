with queued as (
    select bundle_id, priority, count(*) as trials
    from private.jobs
    where kind = 'trial' and state = 'queued' and not held
    group by bundle_id, priority
)

select
    bundle_id,
    bundle.model_id,
    bundle.speaker,
    bundle.method,
    bundle.protocol,
    bundle.downstream,
    bundle.digest,
    queued.trials,
    queued.priority,
    waits.reason as waits_for
from queued
join private.bundles as bundle using (bundle_id)
left join private.model_specs as model on model.model_id = bundle.model_id
left join private.waits as waits on waits.needer = bundle_id
order by
    queued.priority desc, model.n_corpora nulls first, model.corpus_set, bundle.speaker, bundle.method,
    bundle.protocol, bundle.downstream, bundle_id;
