"""Importing trials that were run elsewhere: a file is read and checked whole, then taken in whole."""

from __future__ import annotations

import csv
import os
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from pydantic import ValidationError

from pft_tui.errors import StoreError, UsageError
from pft_tui.events import ImportedTrial, TrialsImported, line_of
from pft_tui.paths import Workspace
from pft_tui.store.connection import translated
from pft_tui.store.foreign import ExportedRow, Origin, ReleasedRow
from pft_tui.store.imported import count_known
from pft_tui.store.lock import OwnedError
from pft_tui.store.owner import Store
from pft_tui.store.read import connect
from pft_tui.store.scripts import stages
from pft_tui.store.spools import SUFFIX

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

Layout = type[ReleasedRow] | type[ExportedRow]
Values = dict[str, object]

LAYOUTS: dict[Layout, str] = {
    ExportedRow: "an export of pft-tui",
    ReleasedRow: "results of the paper's released code",
}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no trial: its place (`line 7` of a CSV file, `row 6` of a Parquet file) and why."""

    place: str
    reason: str


@dataclass(slots=True)
class ForeignTrials:
    """What a file holds: trials, rows that are none, and how many were left out for which reason."""

    layout: Layout
    trials: list[ImportedTrial] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def read_trials(path: Path, origin: Origin) -> ForeignTrials:
    """Read a CSV or Parquet file of trials, in the layout that its columns show.

    Raises UsageError where it cannot be read or its columns are those of no layout. Bad rows are listed,
    never skipped in silence: a file with any is not to be imported.
    """
    columns, rows = _parquet(path) if path.suffix.lower() in (".parquet", ".pq") else _csv(path)
    found = ForeignTrials(_layout(path, columns))
    places: dict[str, str] = {}
    for place, values in rows:
        try:
            row = _checked(found.layout, values)
        except ValueError as error:
            found.bad.append(BadRow(place, _words(error)))
            continue
        if reason := row.left_out():
            found.left_out[reason] += 1
            continue
        trial = row.imported(origin)
        first = places.setdefault(trial.trial_id, place)
        if first != place:
            found.bad.append(BadRow(place, f"the same trial as {first}"))
        found.trials.append(trial)
    return found


def refuse_known(workspace: Workspace, imported: TrialsImported) -> None:
    """Raise StoreError where the published snapshot has any of the trials already."""
    if not workspace.snapshot.exists():
        return
    with connect(workspace) as connection, translated(workspace.snapshot):
        connection.execute(stages())
        known = count_known(connection, imported)
    if known:
        raise _known_error(known, imported)


def take_in(workspace: Workspace, imported: TrialsImported) -> bool:
    """Put trials into the workspace's database, all or none of them, and publish them.

    Where another process owns the store (a run under way) they are handed to it, to be taken in within
    seconds; then the answer is False. Raises StoreError where any of them is known already.
    """
    refuse_known(workspace, imported)
    try:
        store = Store.open(workspace)
    except OwnedError:
        _hand_over(workspace, imported)
        return False
    with closing(store):
        known = store.take_in(imported)
        store.publish()
    if known:
        raise _known_error(known, imported)
    return True


def _hand_over(workspace: Workspace, imported: TrialsImported) -> None:
    """Leave the import in the spool as one line of a file that is there whole or not at all."""
    path = workspace.spool / f"import-{secrets.token_hex(6)}{SUFFIX}"
    beside = path.with_suffix(".part")
    try:
        with beside.open("xb") as file:
            file.write(line_of(imported))
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {error.strerror}", hint="make room and try again") from error


def _known_error(known: int, imported: TrialsImported) -> StoreError:
    return StoreError(
        f"{known:,} of the {len(imported.trials):,} trials are in this workspace already",
        hint=f"--replace puts the file in the place of what was imported from source {imported.source!r}"
        " before; trials that were run here are never replaced",
    )


def _checked(layout: Layout, values: Values | str) -> ReleasedRow | ExportedRow:
    """The row that its values are. Raises ValueError where they are none, or are words about that."""
    if isinstance(values, dict):
        return layout.model_validate(values)
    raise ValueError(values)


def _layout(path: Path, columns: Sequence[str]) -> Layout:
    """The layout whose required columns are all there. Raises UsageError where none has them."""
    missing = {
        layout: [name for name, column in layout.model_fields.items() if column.is_required()]
        for layout in LAYOUTS
    }
    for layout, required in missing.items():
        required[:] = [name for name in required if name not in columns]
        if not required:
            return layout
    nearest = min(missing, key=lambda layout: len(missing[layout]))
    raise UsageError(
        f"{path} has not the columns of {LAYOUTS[nearest]}: no {', '.join(missing[nearest])}",
        hint=f"there can be imported: {' and '.join(LAYOUTS.values())}",
    )


def _csv(path: Path) -> tuple[list[str], Iterator[tuple[str, Values | str]]]:
    """The header, and each row with its line, as values or as words about what is wrong with it."""
    try:
        reader = csv.reader(StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True)
        header = next(reader, [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot read {path}: {error}", hint="name a CSV or Parquet file") from error
    return header, _csv_rows(reader, header)


def _csv_rows(reader: CsvReader, header: list[str]) -> Iterator[tuple[str, Values | str]]:
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield place, str(error)
            continue
        if len(fields) == len(header):
            yield place, {name: text or None for name, text in zip(header, fields, strict=True)}
        elif fields:
            yield place, f"{len(fields)} fields, where the header has {len(header)}"


def _parquet(path: Path) -> tuple[list[str], Iterator[tuple[str, Values | str]]]:
    try:
        with duckdb.connect() as connection:
            result = connection.execute("from read_parquet($1)", [str(path)])
            columns = [column[0] for column in result.description or []]
            rows = result.fetchall()
    except duckdb.Error as error:
        words = str(error).partition("\n")[0]
        raise UsageError(f"cannot read {path}: {words}", hint="name a CSV or Parquet file") from error
    return columns, (
        (f"row {number}", dict(zip(columns, row, strict=True))) for number, row in enumerate(rows, start=1)
    )


def _words(error: ValueError) -> str:
    """What is wrong with a row: each column with the words against it and the value it has."""
    if not isinstance(error, ValidationError):
        return str(error)
    problems = []
    for problem in error.errors(include_url=False, include_context=False):
        column = str(problem["loc"][0]) if problem["loc"] else ""
        words = problem["msg"].removeprefix("Value error, ")
        problems.append(f"{column} = {problem['input']!r}: {words}" if column else words)
    return "; ".join(problems)
