insert into environments
select fresh.environment_id, fresh.details, utc(fresh.seen)
from fresh_environments as fresh
anti join environments as known using (environment_id);
