-- How far does pre-finetuning on all corpora carry, by language and emotion?
-- One row per (setting, language, emotion, k): mean F1 of the encoder as it is and of the model of all the
-- setting's corpora, over the trials of each; NULL where one of them has none yet.
create or replace view figure4 as
with pooled as (
    select
        setting,
        language,
        emotion,
        k,
        sum(sum_no_pft) / sum(trials_no_pft) as no_pft,
        sum(sum_all_pft) / sum(trials_all_pft) as all_pft,
        sum(trials) as trials,
        sum(expected) as expected
    from private.both_ends
    group by setting, language, emotion, k
)

select
    language,
    emotion,
    k,
    no_pft,
    all_pft,
    all_pft - no_pft as delta,
    cast(trials as bigint) as trials,
    cast(expected as bigint) as expected,
    setting.protocol as protocol,
    setting.method as method,
    setting.encoder as encoder,
    setting.downstream as downstream
from pooled
where trials > 0
order by protocol, method, encoder, downstream, language, emotion, k;
