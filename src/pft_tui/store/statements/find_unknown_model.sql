select bundle.model_id
from asked_bundles as bundle
anti join asked_models as asked using (model_id)
anti join private.model_specs as known on known.model_id = bundle.model_id
where bundle.model_id is not null
limit 1;
