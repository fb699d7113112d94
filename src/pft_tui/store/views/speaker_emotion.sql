-- Whom does pre-finetuning on all corpora help, and with which emotion? One row per (setting, speaker,
-- emotion, k): mean F1 of the encoder as it is and of the model of all the setting's corpora, over the
-- trials of each; NULL where one of them has none yet.
create or replace view speaker_emotion as
with of_sets as materialized (
    select *
    from private.cell_sums
),

in_some_set as (
    select distinct setting, unnest(corpora) as corpus
    from of_sets
),

all_corpora as (
    select setting, count(*) as all_of_them
    from in_some_set
    group by setting
),

both_ends as (
    select of_sets.*, n_corpora = 0 as is_base, sum_f1 / trials as f1
    from of_sets
    left join all_corpora using (setting)
    where n_corpora = 0 or n_corpora = all_of_them
)

select
    speaker,
    language,
    emotion,
    k,
    any_value(f1) filter (where is_base) as no_pft,
    any_value(f1) filter (where not is_base) as all_pft,
    any_value(f1) filter (where not is_base) - any_value(f1) filter (where is_base) as delta,
    cast(sum(trials) as bigint) as trials,
    cast(sum(expected) as bigint) as expected,
    setting.protocol as protocol,
    setting.method as method,
    setting.encoder as encoder,
    setting.downstream as downstream
from both_ends
group by setting, speaker, language, emotion, k
having sum(trials) > 0
order by protocol, method, encoder, downstream, language, speaker, emotion, k;
