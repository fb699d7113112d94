select
    recipe.recipe, bundle.language, trial.emotion, trial.k, trial.trial, trial.seed, job.attempts
from private.jobs as job
join private.trial_specs as trial on trial.trial_id = job.job_id
join private.bundles as bundle on bundle.bundle_id = trial.bundle_id
join private.recipes as recipe on recipe.recipe_id = trial.recipe_id
where job.state = 'queued' and not job.held and job.bundle_id = $bundle_id and trial.bundle_id = $bundle_id
order by job.priority desc, trial.seed, trial.k, trial.emotion, trial.trial;
