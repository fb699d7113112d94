insert into metrics
select run_id, epoch, step, name, case when isfinite(value) then value end, utc(seconds)
from fresh_metrics;
