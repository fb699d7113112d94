"""Results for other programs: CSV, JSON and JSON Lines, with every column, as it is in the database."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pft_tui.reports.values import as_json, as_text

if TYPE_CHECKING:
    from pft_tui.store.read import Table


class Format(StrEnum):
    """How a result can be written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"
    LATEX = "latex"


SUFFIXES = {
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".md": Format.MARKDOWN,
    ".tex": Format.LATEX,
}


def format_of(path: Path) -> Format:
    """The format that a file's name asks for; a plain table if it asks for none."""
    return SUFFIXES.get(path.suffix.lower(), Format.TABLE)


def write_csv(table: Table, out: TextIO) -> None:
    """A header and a line for each row; NULL is an empty field, a list or struct is JSON."""
    writer = csv.writer(_UnixLines(out), lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows(
        [value if isinstance(value, str) else as_text(value) for value in row] for row in table.rows
    )


def write_json(table: Table, out: TextIO) -> None:
    """One document: a list with an object for each row, one on a line."""
    separator = "[\n"
    for line in _objects(table):
        out.write(f"{separator}  {line}")
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def write_jsonl(table: Table, out: TextIO) -> None:
    """An object on a line for each row."""
    for line in _objects(table):
        out.write(f"{line}\n")


WRITERS: Mapping[Format, Callable[[Table, TextIO], None]] = {
    Format.CSV: write_csv,
    Format.JSON: write_json,
    Format.JSONL: write_jsonl,
}


class _UnixLines:
    """Ends rows with a line feed alone, while the writer still quotes a carriage return inside a field."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, row: str) -> int:
        return self._out.write(row.removesuffix("\r\n") + "\n")


def _objects(table: Table) -> Iterator[str]:
    names = _distinct(table.columns)
    for row in table.rows:
        values = {name: as_json(value) for name, value in zip(names, row, strict=True)}
        yield json.dumps(values, ensure_ascii=False, allow_nan=False)


def _distinct(names: Iterable[str]) -> list[str]:
    """The names, with `_1`, `_2` ... after those that stand there already: an object holds each once."""
    distinct: list[str] = []
    for name in names:
        candidates = (name if count == 0 else f"{name}_{count}" for count in itertools.count())
        distinct.append(next(candidate for candidate in candidates if candidate not in distinct))
    return distinct
