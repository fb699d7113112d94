"""Choosing jobs: what a command means by ids, numbers and filters."""

from __future__ import annotations

from dataclasses import dataclass, fields

import duckdb

from pft_tui.errors import UsageError
from pft_tui.store.scripts import statement


@dataclass(frozen=True, slots=True)
class Selection:
    """Some jobs: those of the ids (or their beginnings) and numbers `firsts[i]` to `lasts[i]`, or else all,
    as far as they pass every filter that is not empty.
    """

    ids: tuple[str, ...] = ()
    firsts: tuple[int, ...] = ()
    lasts: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()
    shots: tuple[int, ...] = ()


_CALLED = {
    "ids": "exists (from (select unnest($ids) as prefix) where starts_with(job_id, prefix))",
    "firsts": (
        "exists (from (select unnest($firsts) as lowest, unnest($lasts) as highest) "
        "where number between lowest and highest)"
    ),
}
_FILTERS = {
    "states": "list_contains($states, state)",
    "kinds": "list_contains($kinds, kind)",
    "models": (
        "model_id in (select model_id from private.model_specs where list_contains($models, corpus_set))"
    ),
    "speakers": (
        "bundle_id in (select bundle_id from private.bundles where list_contains($speakers, speaker))"
    ),
    "emotions": (
        "job_id in (select trial_id from private.trial_specs where list_contains($emotions, emotion))"
    ),
    "shots": "job_id in (select trial_id from private.trial_specs where list_contains($shots, k))",
}


def choose(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Put the chosen jobs into the temporary table `chosen_jobs`.

    Only conditions that are meant are asked for: each costs a pass over the queue. Raises UsageError for
    an id that no job has, or several.
    """
    given = {
        field.name: list(values) for field in fields(selection) if (values := getattr(selection, field.name))
    }
    called = [sql for name, sql in _CALLED.items() if name in given]
    conditions = [f"({' or '.join(called)})"] if called else []
    conditions += [sql for name, sql in _FILTERS.items() if name in given]
    connection.execute(" and ".join([statement("choose_jobs"), *conditions]), given)
    for prefix in selection.ids:
        _check_id(connection, prefix)


def _check_id(connection: duckdb.DuckDBPyConnection, prefix: str) -> None:
    found = connection.execute(
        "select count(*) from private.jobs where kind <> 'base' and starts_with(job_id, $1)", [prefix]
    ).fetchone()
    if found == (0,):
        raise UsageError(f"there is no job {prefix}", hint="`pft jobs` lists them")
    if found != (1,):
        raise UsageError(f"several jobs begin with {prefix}", hint="give more of the id")
