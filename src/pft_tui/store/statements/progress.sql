select
    kind,
    count(*) as total,
    count(*) filter (where state = 'finished') as finished,
    count(*) filter (where state = 'failed') as failed,
    count(*) filter (where state = 'running') as running,
    count(*) filter (where state = 'queued') as queued
from private.jobs
where state <> 'cancelled' and not superseded
group by kind;
