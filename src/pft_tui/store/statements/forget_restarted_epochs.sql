delete from metrics
using fresh_restarts as restart
where metrics.run_id = restart.run_id and metrics.epoch > restart.epoch;
