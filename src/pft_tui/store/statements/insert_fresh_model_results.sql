-- One result for each model: if a second one comes, the first is kept.
insert into private.model_results
select fresh.* exclude (started, finished), utc(fresh.started), utc(fresh.finished)
from fresh_model_results as fresh
anti join private.model_results as known using (model_id);
