"""Rows of a table file: CSV, tab-separated, JSON Lines or Parquet, each by column name."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pft_tui.errors import CorpusError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: where it stands (`line 3`, `row 3`), and its values by column, None where it has none.

    `broken` says what is wrong with a row that cannot be read; it has no values then.
    """

    place: str
    values: dict[str, str | None]
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table file, None where every row names its own, and its rows."""

    columns: tuple[str, ...] | None
    rows: list[Row]


def read_table(path: Path) -> Table:
    """All rows of a table file, read as its suffix says. Raises CorpusError where it cannot be read."""
    try:
        match path.suffix.lower():
            case ".csv":
                return _read_delimited(path, ",")
            case ".tsv":
                return _read_delimited(path, "\t")
            case ".jsonl":
                return _read_json_lines(path)
            case ".parquet":
                return _read_parquet(path)
    except UnicodeDecodeError:
        raise CorpusError(f"{path} is not in UTF-8", hint="save the table in UTF-8") from None
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror or error}") from None
    raise CorpusError(f"{path} is not a table", hint=f"a manifest ends in one of {', '.join(SUFFIXES)}")


def _read_delimited(path: Path, delimiter: str) -> Table:
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.reader(file, delimiter=delimiter)
        try:
            header = tuple(name.strip() for name in next(lines, []))
            rows = [
                Row(f"line {lines.line_num}", dict(zip(header, map(as_text, values), strict=False)))
                for values in lines
                if values
            ]
        except csv.Error as error:
            raise CorpusError(f"{path}, line {lines.line_num}: {error}") from None
    return Table(header, rows)


def _read_json_lines(path: Path) -> Table:
    with path.open(encoding="utf-8-sig") as file:
        return Table(None, [_json_row(number, line) for number, line in enumerate(file, 1) if line.strip()])


def _json_row(number: int, line: str) -> Row:
    place = f"line {number}"
    try:
        record = json.loads(line)
    except ValueError:
        return Row(place, {}, "is not JSON")
    if not isinstance(record, dict):
        return Row(place, {}, "is not a JSON object")
    return Row(place, {name: as_text(value) for name, value in record.items()})


def _read_parquet(path: Path) -> Table:
    try:
        pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise CorpusError(
            f"{path} needs the package pyarrow, which is not installed",
            hint="`pip install pyarrow`, or write the manifest as CSV or JSON Lines",
        ) from None
    try:
        table = parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise CorpusError(f"{path} is not a Parquet file: {error}") from None
    columns: dict[str, list[Any]] = table.to_pydict()
    records = zip(*columns.values(), strict=True)
    rows = [
        Row(f"row {number}", dict(zip(columns, map(as_text, record), strict=True)))
        for number, record in enumerate(records, start=1)
    ]
    return Table(tuple(columns), rows)


def as_text(value: object) -> str | None:
    """A cell as stripped text; None for an empty one or NaN. Whole numbers are written without a point."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None
