-- The first schema. What users may build on lies in main, all else in private.
-- No keys and no indexes: they cost four times the space on metrics and go wrong where rows are updated.
-- The one process that owns the store sees to uniqueness. All times are UTC.

create schema private;

-- One row: the migrations that were applied, and a digest of the views that are installed.
create table private.meta (schema_version integer not null, views varchar not null);
insert into private.meta values (0, '');

-- Specs: written once, never changed.

create table private.recipes (recipe_id varchar not null, recipe json not null);

create table private.model_specs (
    model_id varchar not null,
    encoder varchar not null,
    revision varchar,
    fingerprint varchar not null,
    corpora varchar[] not null,
    corpus_set varchar not null,
    n_corpora integer not null,
    seed bigint not null,
    spec json not null
);

create table private.model_corpora (model_id varchar not null, corpus varchar not null, digest varchar not null);

-- What the trials of one model and one speaker have in common; workers are handed whole bundles.
create table private.bundles (
    bundle_id varchar not null,
    model_id varchar,
    method varchar not null,
    protocol varchar not null,
    downstream varchar not null,
    digest varchar not null,
    speaker varchar not null,
    language varchar
);

create table private.trial_specs (
    trial_id varchar not null,
    bundle_id varchar not null,
    recipe_id varchar not null,
    emotion varchar not null,
    k integer not null,
    trial integer not null,
    seed bigint not null
);

create table private.prepare_specs (job_id varchar not null, corpus varchar not null, digest varchar not null);

-- Jobs: the one table whose rows change. An encoder without pre-finetuning is of kind 'base' and has
-- nothing to do; it stands here so that it can be superseded as the others are.

create table private.jobs (
    job_id varchar not null,
    kind varchar not null,
    state varchar not null,
    reason varchar,
    priority integer not null,
    attempts integer not null,
    worker_id varchar,
    error varchar,
    done bigint,
    total bigint,
    unit varchar,
    queued_at timestamp,
    started_at timestamp,
    finished_at timestamp,
    superseded boolean not null,
    model_id varchar,
    bundle_id varchar
);

-- Results: appended, one for each trial and model.

create table private.trial_results (
    trial_id varchar not null,
    epochs bigint not null,
    best_epoch bigint not null,
    val_macro_f1 double,
    accuracy double not null,
    macro_f1 double not null,
    weighted_f1 double not null,
    seconds double not null,
    device varchar not null,
    examples varchar[] not null,
    environment_id varchar not null,
    started_at timestamp not null,
    finished_at timestamp not null
);

create table private.model_results (
    model_id varchar not null,
    epochs bigint not null,
    best_epoch bigint not null,
    val_loss double not null,
    seconds double not null,
    device varchar not null,
    environment_id varchar not null,
    started_at timestamp not null,
    finished_at timestamp not null
);

create table metrics (
    run_id varchar not null,
    epoch bigint not null,
    step bigint not null,
    name varchar not null,
    value double,
    "at" timestamp not null
);

-- What was seen: corpora as listed, machines, and a small log.

create table corpora (
    corpus varchar not null,
    reader varchar not null,
    root varchar not null,
    digest varchar not null,
    utterances bigint not null,
    problems bigint not null,
    report json not null,
    seen_at timestamp not null
);

create table utterances (
    corpus varchar not null,
    utterance_id varchar not null,
    path varchar not null,
    label varchar not null,
    speaker varchar,
    language varchar,
    split varchar,
    seconds double,
    sample_rate bigint,
    text varchar
);

-- A reading of a corpus under way; it replaces the corpus's rows in utterances once it is whole.
create table private.utterances_seen (
    corpus varchar not null,
    digest varchar not null,
    utterance_id varchar not null,
    path varchar not null,
    label varchar not null,
    speaker varchar,
    language varchar,
    split varchar,
    seconds double,
    sample_rate bigint,
    text varchar
);

create table environments (environment_id varchar not null, details json not null, seen_at timestamp not null);

create table events ("at" timestamp not null, kind varchar not null, subject varchar, detail varchar);

-- How many bytes of each spool file are in the store.
create table private.spool_offsets (spool varchar not null, read_to bigint not null);
