-- Which audio must be decoded before a model can be pre-finetuned? One row per model that has to wait.
create or replace view private.model_audio_waits as
select needs.model_id, string_agg(waits.reason, '; ' order by needs.corpus) as reason
from private.model_corpora as needs
join private.audio_waits as waits using (corpus, digest)
group by needs.model_id;
