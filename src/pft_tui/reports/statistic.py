"""Reports whose rows are statistics, computed from the published trials rather than by a view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pft_tui.paths import Workspace
from pft_tui.statistics.tables import (
    CORPUS_LANGUAGES,
    POWERSET_CELLS,
    FlatRow,
    best_set_table,
    language_table,
    shapley_table,
)
from pft_tui.store.read import Table, query

# Takes the rows of POWERSET_CELLS; gives flat rows, which end with the columns of their setting.
Statistic = Callable[[Workspace, list[dict[str, Any]]], list[FlatRow]]


def computed(workspace: Workspace, statistic: Statistic, wanted: Mapping[str, str | None]) -> Table:
    """The rows of a statistic for all settings with the wanted names; an absent or None name is any."""
    conditions = " and ".join(f"(${name} is null or {name} = ${name})" for name in wanted) or "true"
    sql = f"select * from ({POWERSET_CELLS}) where {conditions}"  # noqa: S608 - names of the setting's columns
    rows = statistic(workspace, dicts(query(workspace, sql, dict(wanted))))
    columns = tuple(rows[0]) if rows else ()
    types = tuple(_type(name, [row[name] for row in rows]) for name in columns)
    return Table(columns, types, [tuple(row.values()) for row in rows])


def _type(name: str, values: list[object]) -> str:
    """The SQL type of a column; where all of it is empty, a number's, unless it is that of the notes."""
    found = {type(value) for value in values if value is not None}
    if found == {int}:
        return "BIGINT"
    return "DOUBLE" if found <= {int, float} and name != "note" else "VARCHAR"


def shapley(_: Workspace, models: list[dict[str, Any]]) -> list[FlatRow]:
    """The Shapley value of each corpus."""
    return shapley_table(models)


def best_sets(_: Workspace, models: list[dict[str, Any]]) -> list[FlatRow]:
    """The best set of corpora of each size."""
    return best_set_table(models)


def languages(workspace: Workspace, models: list[dict[str, Any]]) -> list[FlatRow]:
    """The effect of corpora in each language on speakers of each. Raises UsageError for unknown languages."""
    spoken = {row["corpus"]: tuple(row["languages"]) for row in dicts(query(workspace, CORPUS_LANGUAGES))}
    return language_table(models, spoken)


def dicts(table: Table) -> list[dict[str, Any]]:
    """The rows of a table by the names of its columns."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
