-- The jobs that a selection means; its conditions are appended (see selection.py).
create or replace temp table chosen_jobs as
select job_id
from private.jobs
where
