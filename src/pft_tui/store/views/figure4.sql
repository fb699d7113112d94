-- How far does pre-finetuning on all corpora carry, by language and emotion?
-- One row per (setting, language, emotion, k): mean F1 of the encoder as it is and of the model of all the
-- setting's corpora, over the trials of each; NULL where one of them has none yet.
create or replace view figure4 as
with all_corpora as (
    select distinct setting, n_corpora as all_of_them
    from private.setting_corpora
),

both_ends as (
    select setting, language, emotion, k, n_corpora = 0 as is_base, f1
    from comparable_trials
    left join all_corpora using (setting)
    where n_corpora = 0 or n_corpora = all_of_them
)

select
    language,
    emotion,
    k,
    avg(f1) filter (where is_base) as no_pft,
    avg(f1) filter (where not is_base) as all_pft,
    avg(f1) filter (where not is_base) - avg(f1) filter (where is_base) as delta,
    count(f1) as trials,
    count(*) as expected,
    setting.protocol as protocol,
    setting.method as method,
    setting.encoder as encoder,
    setting.downstream as downstream
from both_ends
group by setting, language, emotion, k
having count(f1) > 0
order by protocol, method, encoder, downstream, language, emotion, k;
