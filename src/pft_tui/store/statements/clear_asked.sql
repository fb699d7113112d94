delete from asked_recipes;
delete from asked_models;
delete from asked_model_corpora;
delete from asked_prepares;
delete from asked_bundles;
delete from asked_trials;
delete from asked_jobs;
delete from outdated_jobs;
