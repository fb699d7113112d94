-- Which corpora is a setting about, "all corpora" being their union? One row per (setting, corpus).
create or replace view private.setting_corpora as
with named as (
    select distinct setting, unnest(corpora) as corpus
    from comparable_trials
)

select setting, corpus, count(*) over (partition by setting) as n_corpora
from named;
