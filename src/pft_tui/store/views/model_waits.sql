-- Which models are not there yet, and what does that mean to the trials that start from them?
-- One row per model that is not finished.
create or replace view private.model_waits as
select
    spec.model_id,
    case job.state
        when 'failed' then 'the model ' || spec.corpus_set || ' failed'
        when 'cancelled' then 'the model ' || spec.corpus_set || ' was cancelled'
        else 'waits for the model ' || spec.corpus_set
    end as reason
from private.model_specs as spec
join private.jobs as job on job.job_id = spec.model_id
where job.kind = 'prefinetune' and job.state <> 'finished';
