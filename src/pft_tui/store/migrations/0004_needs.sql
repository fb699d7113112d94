-- What must be finished before a model can be pre-finetuned or a bundle's trials can run: written once,
-- since it follows from the specs, and so short that asking what waits for what costs little.
create table private.needs (
    needer varchar not null,
    needed varchar not null,
    what varchar not null
);

insert into private.needs
select bundle.bundle_id, model.model_id, 'the model ' || model.corpus_set
from private.bundles as bundle
join private.model_specs as model on model.model_id = bundle.model_id
union all
select bundle.bundle_id, audio.job_id, 'the audio of ' || audio.corpus
from private.bundles as bundle
join private.prepare_specs as audio on audio.corpus = bundle.downstream and audio.digest = bundle.digest
union all
select learned.model_id, audio.job_id, 'the audio of ' || audio.corpus
from private.model_corpora as learned
join private.prepare_specs as audio using (corpus, digest);

drop view if exists private.audio_waits;
drop view if exists private.model_waits;
drop view if exists private.model_audio_waits;
