insert into events
select utc(seconds), kind, subject, detail
from fresh_events;
