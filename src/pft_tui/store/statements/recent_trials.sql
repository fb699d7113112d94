-- The trials that finished since a moment, and when the first of them began.
select count(*), min(started_at)
from private.jobs
where kind = 'trial' and state = 'finished' and finished_at >= $since;
