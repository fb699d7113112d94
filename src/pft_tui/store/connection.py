"""Opening the owner's database, its transactions, and what its errors mean to a user."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pft_tui.errors import StoreError

# 1.5 shells shall read the file, and nothing but an explicit CHECKPOINT may write to it: the snapshot is
# copied while commits go on, to the write-ahead log alone.
CONFIG = {"storage_compatibility_version": "v1.5.0", "checkpoint_threshold": "1TB", "threads": 2}
CHECKPOINT_TRIES = 50
CHECKPOINT_PAUSE = 0.02

_LOCK_HOLDER = re.compile(r"Conflicting lock is held in .*\(PID (\d+)\)")
_TORN_LOG = re.compile(r"Corrupt WAL file: entry at byte position (\d+)")
NO_ROOM = ("No space left on device", "Disk quota exceeded")


class DiskFullError(StoreError):
    """There was no room to commit or checkpoint. What was committed stays; reopen the store and go on."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A write-ahead log that was cut at `position` bytes, and where the whole of it was saved."""

    position: int
    saved: Path


def connect(path: Path) -> tuple[duckdb.DuckDBPyConnection, Recovery | None]:
    """Open the owner's database for reading and writing, and say what had to be cut to do so.

    A write-ahead log with a broken tail (a machine that lost power) is saved and cut where it breaks:
    the whole commits before that stay. Raises StoreError where the database cannot be opened.
    """
    try:
        return _open(path), None
    except duckdb.Error as error:
        torn = _TORN_LOG.search(str(error))
        if torn is None:
            raise store_error(error, path) from error
    recovery = _cut_log(path, int(torn[1]))
    with translated(path):
        return _open(path), recovery


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path), config=dict(CONFIG))
    path.chmod(0o600)
    return connection


def _cut_log(path: Path, position: int) -> Recovery:
    log = path.with_name(path.name + ".wal")
    saved = log.with_name(f"{log.name}.{time.time_ns()}")
    shutil.copyfile(log, saved)
    with log.open("r+b") as file:
        file.truncate(position)
    return Recovery(position, saved)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn DuckDB's errors about the database at `path` into StoreError."""
    try:
        yield
    except duckdb.Error as error:
        raise store_error(error, path) from error


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """All of the block's statements or none of them. Raises StoreError, DiskFullError where disk ran out."""
    with translated(path):
        connection.begin()
        try:
            yield
            connection.commit()
        except BaseException:
            with suppress(duckdb.Error):  # a commit that failed has ended the transaction already
                connection.rollback()
            raise


def append(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Append rows, with one value for each column, to a table."""
    with connection.appender(table) as appender:
        appender.append_rows(rows)


def checkpoint(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Move everything committed from the write-ahead log into the database file.

    Raises StoreError, and DiskFullError where there is no room: the connection is then of no more use.
    """
    with translated(path):
        for _ in range(CHECKPOINT_TRIES):
            try:
                connection.execute("checkpoint")
            except duckdb.TransactionException as error:
                if "write transactions" not in str(error):
                    raise
                time.sleep(CHECKPOINT_PAUSE)
            else:
                return
    raise StoreError(f"{path} could not be checkpointed: others keep writing", hint="try again later")


def store_error(error: duckdb.Error, path: Path) -> StoreError:
    """What an error of DuckDB's about the database at `path` means to a user."""
    words = str(error)
    if any(full in words for full in NO_ROOM):
        return DiskFullError(
            f"no room on the disk of {path}", hint="make room: nothing that was recorded is lost"
        )
    if holder := _LOCK_HOLDER.search(words):
        return StoreError(
            f"{path} is held open by process {holder[1]}",
            hint=f"close it there; your own SQL goes to the snapshot, {path.parent.parent / 'pft.duckdb'}",
        )
    first_line = words.partition("\n")[0]
    if "version number" in words:
        return StoreError(f"{path} was written by a newer DuckDB: {first_line}", hint="upgrade pft-tui")
    if "not a valid DuckDB database" in words or "Corrupt" in words or "Could not read enough" in words:
        return StoreError(
            f"{path} is damaged: {first_line}",
            hint="move it and its .wal away and run again; the results so far remain in pft.duckdb",
        )
    return StoreError(f"{path}: {first_line}", hint="if this stays, reopen the store")
