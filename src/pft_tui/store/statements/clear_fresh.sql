delete from fresh_metrics;
delete from fresh_restarts;
delete from fresh_jobs;
delete from fresh_trial_results;
delete from fresh_model_results;
delete from fresh_environments;
delete from fresh_events;
delete from fresh_offsets;
