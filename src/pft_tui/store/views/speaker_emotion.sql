-- Whom does pre-finetuning on all corpora help, and with which emotion? One row per (setting, speaker,
-- emotion, k): mean F1 of the encoder as it is and of the model of all the setting's corpora, over the
-- trials of each; NULL where one of them has none yet.
create or replace view speaker_emotion as
with cells as (
    select *, sum_no_pft / trials_no_pft as no_pft, sum_all_pft / trials_all_pft as all_pft
    from private.both_ends
)

select
    speaker,
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
from cells
where trials > 0
order by protocol, method, encoder, downstream, language, speaker, emotion, k;
