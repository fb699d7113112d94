-- The jobs that a selection means; its conditions are appended (see selection.py).
create or replace temp table chosen_jobs as
select job_id, number, state
from private.jobs as job
where kind <> 'base'
