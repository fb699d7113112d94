select
    (select coalesce(list(distinct corpus_set order by corpus_set), []) from private.model_specs),
    (select coalesce(list(distinct speaker order by speaker), []) from private.bundles),
    (select coalesce(list(distinct emotion order by emotion), []) from private.trial_specs),
    (select coalesce(list(distinct k order by k), []) from private.trial_specs);
