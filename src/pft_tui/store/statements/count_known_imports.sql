-- How many of the fresh trials are here already: imported before (those of a source that is to be replaced
-- will be gone), or run in this very workspace.
select count(*)
from fresh_imported_trials as fresh
where fresh.trial_id in (
        select trial_id from private.imported_trials where not ($replace and source = $source)
    )
    or (fresh.original_id, utc(fresh.finished)) in (select (trial_id, finished_at) from private.trial_results);
