-- The jobs that are called by all of the words, or say them: each is somewhere in what is known of the job,
-- whatever its capitals, or begins its id.
select job.job_id
from private.jobs as job
left join private.bundles as bundle on bundle.bundle_id = job.bundle_id
left join private.model_specs as model on model.model_id = job.model_id
left join private.prepare_specs as audio on audio.job_id = job.job_id
left join private.trial_specs as trial on trial.trial_id = job.job_id
where
    list_bool_and(list_transform($words, lambda word: contains(
        lower(concat_ws(
            ' ', job.kind, job.state, model.corpus_set, audio.corpus, bundle.method, bundle.speaker,
            bundle.language, trial.emotion, job.worker_id, job.reason, job.error
        )),
        lower(word)
    ) or (length(word) >= 6 and starts_with(job.job_id, lower(word)))))
