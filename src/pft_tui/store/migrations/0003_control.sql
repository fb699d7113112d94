-- The user's hand on the queue: numbers to call jobs by, jobs that are held back, and what stops work.

alter table private.jobs add column number bigint;
alter table private.jobs add column held boolean default false;

update private.jobs as job
set number = numbered.number
from (
    select job_id, row_number() over (order by queued_at, rowid) as number
    from private.jobs
) as numbered
where numbered.job_id = job.job_id;

-- Why free slots are not filled: subject 'all' or a slot's number where the user paused it, 'machine' where
-- it is for lack of something.
create table private.stops (subject varchar not null, reason varchar not null);
