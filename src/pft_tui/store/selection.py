"""Choosing jobs: what a command means by ids, numbers and filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import duckdb

from pft_tui.errors import UsageError
from pft_tui.store.scripts import statement


@dataclass(frozen=True, slots=True)
class Selection:
    """Some jobs: those of the ids (or their beginnings) and numbers `firsts[i]` to `lasts[i]`, or else all,
    without the numbers `but_firsts[i]` to `but_lasts[i]`, as far as they pass every filter that is not empty.

    The state `paused` is that of queued jobs that are held back. Each of the `words` must be in what a job
    is called or says.
    """

    ids: tuple[str, ...] = ()
    firsts: tuple[int, ...] = ()
    lasts: tuple[int, ...] = ()
    but_firsts: tuple[int, ...] = ()
    but_lasts: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()
    shots: tuple[int, ...] = ()
    words: tuple[str, ...] = ()


_CALLED = {
    "ids": "list_contains($ids, job_id)",
    "firsts": (
        "exists (from (select unnest($firsts) as lowest, unnest($lasts) as highest) "
        "where number between lowest and highest)"
    ),
}
_FILTERS = {
    "but_firsts": (
        "not exists (from (select unnest($but_firsts) as lowest, unnest($but_lasts) as highest) "
        "where number between lowest and highest)"
    ),
    "states": (
        "(list_contains($states, state) or (held and state = 'queued' and list_contains($states, 'paused')))"
    ),
    "kinds": "list_contains($kinds, kind)",
    "models": (
        "model_id in (select model_id from private.model_specs where list_contains($models, corpus_set))"
    ),
    "speakers": (
        "bundle_id in (select bundle_id from private.bundles where list_contains($speakers, speaker))"
    ),
    "words": f"job_id in ({statement('find_words')})",
}
_TRIAL_FILTERS = {
    "emotions": "list_contains($emotions, emotion)",
    "shots": "list_contains($shots, k)",
}


def choose(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Put the ids of the chosen jobs into the temporary table `chosen_jobs`.

    Raises UsageError for an id that no job has, or several.
    """
    condition, values = condition_of(connection, selection)
    connection.execute(f"{statement('choose_jobs')} {condition}", values)


def condition_of(connection: duckdb.DuckDBPyConnection, selection: Selection) -> tuple[str, dict[str, Any]]:
    """What rows of `private.jobs` fulfil that are chosen, as SQL with the values for its parameters.

    Only conditions that are meant are asked for: each costs a pass over the queue. Raises UsageError for
    an id that no job has, or several.
    """
    given: dict[str, Any] = {
        field.name: list(values) for field in fields(selection) if (values := getattr(selection, field.name))
    }
    if selection.ids:
        given["ids"] = _whole_ids(connection, selection.ids)

    def meant(conditions: Mapping[str, str]) -> list[str]:
        return [sql for name, sql in conditions.items() if name in given]

    all_of = ["kind <> 'base'", *meant(_FILTERS)]
    if called := meant(_CALLED):
        all_of.append(f"({' or '.join(called)})")
    if trials := meant(_TRIAL_FILTERS):
        all_of.append(f"job_id in (select trial_id from private.trial_specs where {' and '.join(trials)})")  # noqa: S608
    return " and ".join(all_of), given


def _whole_ids(connection: duckdb.DuckDBPyConnection, beginnings: Iterable[str]) -> list[str]:
    whole = []
    for beginning, found, job_id in connection.execute(
        statement("find_ids"), {"ids": list(beginnings)}
    ).fetchall():
        if found == 0:
            raise UsageError(f"there is no job {beginning}", hint="`pft jobs` lists them")
        if found > 1:
            raise UsageError(f"several jobs begin with {beginning}", hint="give more of the id")
        whole.append(job_id)
    return whole
