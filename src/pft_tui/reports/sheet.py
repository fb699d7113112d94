"""A result as people read it: headers, cells as text, blocks of rows; the same for every format."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pft_tui.reports.catalogue import COLUMNS, Column, Report
from pft_tui.reports.reading import PLAIN, Reading
from pft_tui.reports.rows import Row, unfinished
from pft_tui.reports.subsets import in_header, in_title
from pft_tui.reports.values import DASH, MINUS, as_text, signed

if TYPE_CHECKING:
    from pft_tui.store.read import Table

DECIMALS = 4
_STANDARD_ERRORS = ("se_f1", "se_delta")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be read: a cell for each column in each row, and the rows at which a new block begins."""

    title: str
    notes: tuple[str, ...]
    columns: tuple[Column, ...]
    cells: tuple[tuple[str, ...], ...]
    blocks: frozenset[int] = frozenset()


def sheet_of(
    report: Report, rows: Sequence[Row], notes: Iterable[str] = (), reading: Reading = PLAIN
) -> Sheet:
    """The rows of one setting as the report shows them, read that way."""
    names = shown_columns(report, rows, reading)
    columns = tuple(_headed(COLUMNS[name], reading) for name in names)
    cells = tuple(
        tuple(_cell(row, name, column) for name, column in zip(names, columns, strict=True)) for row in rows
    )
    first = report.order[0]
    blocks = (place for place in range(1, len(rows)) if rows[place][first] != rows[place - 1][first])
    title = in_title(report.title, reading.subset.metric)
    return Sheet(title, tuple(notes), columns, cells, frozenset(blocks))


def shown_columns(report: Report, rows: Sequence[Row], reading: Reading) -> tuple[str, ...]:
    """The names of the columns that a sheet of these rows has."""
    names = [name for name in report.columns if name != "note" or any(row[name] for row in rows)]
    if reading.intervals:
        ends = dict.fromkeys(_STANDARD_ERRORS, ("low", "high"))
        names = [each for name in names for each in ends.get(name, (name,))]
    missing = "trials" not in names and any(map(unfinished, rows))
    return (*names, *["trials"] * missing)


def _headed(column: Column, reading: Reading) -> Column:
    metric = reading.subset.metric
    latex = in_header(column.latex, metric) if column.latex else None
    return replace(column, header=in_header(column.header, metric), latex=latex)


def plain_sheet(table: Table, notes: Iterable[str] = ()) -> Sheet:
    """Any result: columns by their own names, values whole, numbers on the right."""
    columns = tuple(
        Column(name, "number" if all(map(_is_number, values)) else "word")
        for name, *values in zip(table.columns, *table.rows, strict=True)
    )
    cells = tuple(tuple(DASH if value is None else as_text(value) for value in row) for row in table.rows)
    return Sheet("", tuple(notes), columns, cells)


def _is_number(value: object) -> bool:
    """Whether a value may stand in a column of numbers: NULL may."""
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _cell(row: Row, name: str, column: Column) -> str:
    value = row[name]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return DASH
    if column.look == "yes":
        return "yes" if value else "no"
    if column.look == "share" and isinstance(value, float):
        return f"{value:.0%}".replace("%", " %")
    if column.look == "score" and isinstance(value, float):
        return _score(value).replace("-", MINUS)
    if column.look == "delta" and isinstance(value, float):
        return signed(value, DECIMALS)
    if column.of is not None and unfinished(row, name, column.of):
        return f"{value}/{row[column.of]}"
    return as_text(value)


def _score(value: float) -> str:
    """The number with the paper's decimals, unless nothing would be left of it, as of a learning rate."""
    text = f"{value:.{DECIMALS}f}"
    return text if float(text) or not value else f"{value:.1e}"
