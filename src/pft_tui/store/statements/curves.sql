-- A run's metrics. Rows lie in the order of time, so that the run's beginning leaves most of them unread.
select epoch, step, name, value
from metrics
where run_id = $run_id and epoch > $after and "at" >= $since
order by epoch, name;
