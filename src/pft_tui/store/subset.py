"""The tables and figures of some trials alone, or of another score: the same views over other trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from pft_tui.store.schema import VIEWS
from pft_tui.store.scripts import view

Metric = Literal["macro_f1", "accuracy", "weighted_f1"]
_SCORES: dict[Metric, str] = {"macro_f1": "f1", "accuracy": "accuracy", "weighted_f1": "weighted_f1"}
_TRIALS = "comparable_trials"


@dataclass(frozen=True, slots=True)
class Subset:
    """Which of the comparable trials tables and figures rest on, and by which score.

    Of each facet the trials with one of these values are taken; where there are none, all.
    """

    metric: Metric = "macro_f1"
    languages: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()
    shots: tuple[int, ...] = ()


ALL = Subset()


def install(connection: duckdb.DuckDBPyConnection, subset: Subset, snapshot: str) -> None:
    """Lay the subset's views over those of the attached database `snapshot`, for cursors of `connection` too.

    They are made by the scripts that make the snapshot's own, in the connection's own database, and read
    the snapshot's tables (see `search_path`).
    """
    connection.execute("create schema memory.private")
    connection.execute(f"set search_path = '{search_path(snapshot)}'")
    score = _SCORES[subset.metric]
    where = " and ".join(_conditions(subset)) or "true"
    connection.execute(
        f"create table memory.main.{_TRIALS} as"  # noqa: S608 - names of ours, values quoted
        f" select * replace ({score} as f1) from {snapshot}.main.{_TRIALS} where {where}"
    )
    for name in VIEWS[VIEWS.index(_TRIALS) + 1 :]:
        connection.execute(view(name))


def search_path(snapshot: str) -> str:
    """Where a connection with a subset installed looks for tables and views."""
    return f"memory.main,{snapshot}.main"


def _conditions(subset: Subset) -> Iterator[str]:
    facets: dict[str, Sequence[str | int]] = {
        "language": subset.languages,
        "speaker": subset.speakers,
        "emotion": subset.emotions,
        "k": subset.shots,
    }
    for column, values in facets.items():
        if values:
            yield f"{column} in ({', '.join(map(_literal, values))})"


def _literal(value: str | int) -> str:
    """The value as SQL: a view takes no parameters."""
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
