-- One result for each trial: if a second one comes, the first is kept.
insert into private.trial_results
select fresh.* exclude (started, finished), utc(fresh.started), utc(fresh.finished)
from fresh_trial_results as fresh
anti join private.trial_results as known using (trial_id);
