insert into private.recipes
select asked.recipe_id, asked.recipe
from asked_recipes as asked
anti join private.recipes as known using (recipe_id);

insert into private.model_corpora
select asked.model_id, asked.corpus, asked.digest
from asked_model_corpora as asked
anti join private.model_specs as known using (model_id);

insert into private.model_specs
select
    asked.model_id, asked.encoder, asked.revision, asked.fingerprint,
    asked.corpora, asked.corpus_set, len(asked.corpora), asked.seed, asked.spec
from asked_models as asked
anti join private.model_specs as known using (model_id);

insert into private.prepare_specs
select asked.job_id, asked.corpus, asked.digest
from asked_prepares as asked
anti join private.prepare_specs as known using (job_id);

insert into private.bundles
select asked.*
from asked_bundles as asked
anti join private.bundles as known using (bundle_id);

insert into private.trial_specs
select asked.*
from asked_trials as asked
anti join private.trial_specs as known using (trial_id);

insert into private.needs
with wanted as (
    select asked.bundle_id as needer, model.model_id as needed, 'the model ' || model.corpus_set as what
    from asked_bundles as asked
    join private.model_specs as model on model.model_id = asked.model_id
    union all
    select asked.bundle_id, audio.job_id, 'the audio of ' || audio.corpus
    from asked_bundles as asked
    join private.prepare_specs as audio on audio.corpus = asked.downstream and audio.digest = asked.digest
    union all
    select asked.model_id, audio.job_id, 'the audio of ' || audio.corpus
    from asked_model_corpora as asked
    join private.prepare_specs as audio using (corpus, digest)
)

select wanted.*
from wanted
anti join private.needs as known using (needer, needed);
