-- The metrics of runs. Rows lie in the order of time, so that the runs' beginning leaves most of them unread.
select metrics.run_id, metrics.epoch, metrics.step, metrics.name, metrics.value
from metrics
join (
    select unnest($runs) as run_id, unnest($after) as epoch, unnest($since) as since
) as run using (run_id)
where metrics."at" >= $first and metrics."at" >= run.since and metrics.epoch > run.epoch
order by metrics.run_id, metrics.epoch, metrics.name;
