-- Which trials do the tables and figures rest on? One row per trial that stands in them or will:
-- of an encoder, of one emotion against the rest, neither cancelled nor superseded.
-- f1 is the macro F1 of a finished trial and NULL before, as are the other scores; count(*) is thus what a
-- table expects and count(f1) what it has. Trials are compared within one setting only.
create or replace view comparable_trials as
select
    trial_id,
    model_id,
    corpora,
    corpus_set,
    n_corpora,
    speaker,
    language,
    emotion,
    k,
    trial,
    seed,
    case when status = 'finished' then macro_f1 end as f1,
    {
        'protocol': protocol, 'method': method, 'encoder': encoder, 'downstream': downstream
    } as setting,
    case when status = 'finished' then accuracy end as accuracy,
    case when status = 'finished' then weighted_f1 end as weighted_f1
from trials
where method = 'finetune' and emotion <> 'all' and status <> 'cancelled' and not superseded;
