-- Where rows from Python wait, inside a transaction, for the statements that put them in their place.
-- Temporary: never in the file and never in the write-ahead log.

create temp macro utc(seconds) as make_timestamp(cast(seconds * 1e6 as bigint));

-- Queueing.
create temp table asked_recipes (recipe_id varchar, recipe varchar);
create temp table asked_models (
    model_id varchar, encoder varchar, revision varchar, fingerprint varchar, corpora varchar[],
    corpus_set varchar, seed bigint, spec varchar
);
create temp table asked_model_corpora (model_id varchar, corpus varchar, digest varchar);
create temp table asked_prepares (job_id varchar, corpus varchar, digest varchar);
create temp table asked_bundles (
    bundle_id varchar, model_id varchar, method varchar, protocol varchar, downstream varchar, digest varchar,
    speaker varchar, language varchar
);
create temp table asked_trials (
    trial_id varchar, bundle_id varchar, recipe_id varchar, emotion varchar, k integer, trial integer,
    seed bigint
);
create temp table asked_jobs (
    job_id varchar, kind varchar, priority integer, model_id varchar, bundle_id varchar
);
create temp table outdated_jobs (job_id varchar);

-- Ingest.
create temp table fresh_restarts (run_id varchar, epoch bigint);
create temp table fresh_jobs (
    job_id varchar, outcome varchar, starts integer, worker_id varchar, started double, final boolean,
    error varchar, ended double, done bigint, total bigint, unit varchar
);
create temp table fresh_trial_results (
    trial_id varchar, epochs bigint, best_epoch bigint, val_macro_f1 double, accuracy double,
    macro_f1 double, weighted_f1 double, seconds double, device varchar, examples varchar[],
    environment_id varchar, started double, finished double
);
create temp table fresh_model_results (
    model_id varchar, epochs bigint, best_epoch bigint, val_loss double, seconds double, device varchar,
    environment_id varchar, started double, finished double
);
create temp table fresh_environments (environment_id varchar, details varchar, seen double);
create temp table fresh_corpora (
    corpus varchar, reader varchar, root varchar, digest varchar, utterances bigint, problems bigint,
    report varchar, seen double
);
create temp table fresh_events (seconds double, kind varchar, subject varchar, detail varchar);

create temp table fresh_imported_trials (
    trial_id varchar, original_id varchar, model_id varchar, corpora varchar[], method varchar,
    protocol varchar, encoder varchar, downstream varchar, speaker varchar, language varchar,
    emotion varchar, k integer, trial integer, seed bigint, status varchar, epochs bigint,
    best_epoch bigint, val_macro_f1 double, accuracy double, macro_f1 double, weighted_f1 double,
    seconds double, device varchar, examples varchar[], error varchar, started double, finished double
);
