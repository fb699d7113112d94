select
    trial.trial_id, recipe.recipe, bundle.language, trial.emotion, trial.k, trial.trial, trial.seed
from private.trial_specs as trial
join private.bundles as bundle on bundle.bundle_id = trial.bundle_id
join private.recipes as recipe on recipe.recipe_id = trial.recipe_id
where trial.bundle_id = $1
order by trial.seed, trial.k, trial.emotion, trial.trial;
