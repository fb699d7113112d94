"""What DuckDB answered, for the eye: whole where it is copied or exported, here to be looked over."""

from __future__ import annotations

import re

from pft_tui.reports.values import as_text
from pft_tui.store.inquiry import Answer
from pft_tui.store.read import Table
from pft_tui.tui.longtable import Cell, Column, Row, fitting

_NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL.*)$")
_MOST_WIDTH = 48
_SAMPLE = 200  # rows that columns are as wide as


def columns_for(table: Table) -> list[Column]:
    """The columns of an answer, numbers on the right."""
    numbers = {place for place, kind in enumerate(table.types) if _NUMBER.match(kind)}
    sample = (cells_of(table, row) for row in range(min(_SAMPLE, len(table.rows))))
    return fitting(table.columns, sample, numbers, _MOST_WIDTH)


def cells_of(table: Table, row: int) -> Row:
    """A row of an answer."""
    return [_cell(value) for value in table.rows[row]]


def _cell(value: object) -> Cell:
    if value is None:
        return "NULL", "dim"
    return f"{value:.6g}" if isinstance(value, float) else as_text(value).replace("\n", "⏎")


def summary(answer: Answer) -> str:
    """How many rows there are, and how long they took."""
    count = len(answer.table.rows)
    words = f"{count:,} row{'s' * (count != 1)} in {answer.seconds:.2f} s"
    return f"the first {words}; e exports all of them" if answer.is_cut else words
