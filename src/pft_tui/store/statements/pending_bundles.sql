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
    coalesce(model_waits.reason, audio_waits.reason) as waits_for
from queued
join private.bundles as bundle using (bundle_id)
left join private.model_specs as model on model.model_id = bundle.model_id
left join private.model_waits on model_waits.model_id = bundle.model_id
left join private.audio_waits
    on audio_waits.corpus = bundle.downstream and audio_waits.digest = bundle.digest
order by
    queued.priority desc, model.n_corpora nulls first, model.corpus_set, bundle.speaker, bundle.method,
    bundle.protocol, bundle.downstream, bundle_id;
