-- The one reading in fresh_corpora is whole: it takes the place of what was known of its corpus.
-- An utterance that was reported twice (a reading that was begun again) counts once.
delete from utterances where corpus in (select corpus from fresh_corpora);

insert into utterances
select seen.* exclude (digest)
from private.utterances_seen as seen
join fresh_corpora using (corpus, digest)
qualify row_number() over (partition by seen.utterance_id order by seen.rowid desc) = 1
order by seen.rowid;

delete from private.utterances_seen where corpus in (select corpus from fresh_corpora);

delete from corpora where corpus in (select corpus from fresh_corpora);

insert into corpora
select * exclude (seen), utc(seen)
from fresh_corpora;
