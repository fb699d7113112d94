insert into private.imported_trials
select $source, * exclude (started, finished), utc(started), utc(finished)
from fresh_imported_trials;
