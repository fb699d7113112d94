"""Reading the published snapshot: what clients, reports and notebooks do. It blocks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from pft_tui.errors import StoreError, UsageError
from pft_tui.paths import Workspace
from pft_tui.store.subset import ALL, Subset, install, search_path

T = TypeVar("T")
_NAME = "pft"


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a query: column names, their SQL types, and the rows as Python values."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Held:
    """A snapshot that is held open, the connection that holds it, and where that looks for tables."""

    snapshot: Path
    connection: duckdb.DuckDBPyConnection
    search_path: str


_HELD: ContextVar[_Held | None] = ContextVar("held", default=None)


def connect(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    """The snapshot as it is now, open for reading; a later snapshot takes a new connection.

    Raises StoreError where nothing was published yet or the file cannot be read.
    """
    path = workspace.snapshot
    if not path.exists():
        raise StoreError(f"no {path}: nothing has been run yet", hint="run `pft run`")
    held = _HELD.get()
    try:
        if held and held.snapshot == path:
            connection = held.connection.cursor()
            connection.execute(f"set search_path = '{held.search_path}'")
        else:
            connection = _open(path)
            connection.execute(f"use {_NAME}")
    except duckdb.Error as error:
        words = str(error).partition("\n")[0]
        raise StoreError(
            f"{path} cannot be read: {words}",
            hint="move it away; the next `pft run` publishes it anew",
        ) from error
    return connection


@contextmanager
def held_open(workspace: Workspace, subset: Subset = ALL) -> Iterator[None]:
    """Let all queries of the block see the same snapshot, and the tables and figures of `subset` in it.

    It is opened once for them: opening takes as long as a query. Raises StoreError as `connect` does, and
    where the snapshot was published by another version.
    """
    with connect(workspace) as connection:
        path = f"{_NAME}.main"
        if subset != ALL:
            with _told_of_version(workspace.snapshot):
                install(connection, subset, _NAME)
            path = search_path(_NAME)
        token = _HELD.set(_Held(workspace.snapshot, connection, path))
        try:
            yield
        finally:
            _HELD.reset(token)


@contextmanager
def _told_of_version(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise StoreError(
            f"{path} was published by another version of pft-tui", hint="`pft run` publishes it anew"
        ) from error


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    """The file, attached to a database of its own.

    A process that still had an older snapshot of that path open would else be given that one again.
    """
    connection = duckdb.connect()
    quoted = str(path).replace("'", "''")
    connection.execute(f"attach '{quoted}' as {_NAME} (read_only)")
    return connection


def query(
    workspace: Workspace, sql: str, parameters: Sequence[object] | Mapping[str, object] | None = None
) -> Table:
    """The answer of the snapshot to one SQL statement, with `$1` or `$name` for its parameters.

    Raises StoreError where there is no snapshot, UsageError with DuckDB's words where the SQL is wrong.
    """
    with connect(workspace) as connection, _told():
        count = len(connection.extract_statements(sql))
        if count != 1:
            raise UsageError(f"one SQL statement at a time, not {count}")
        return _answer(connection, sql, parameters)


def answers(workspace: Workspace, sql: str) -> list[Table]:
    """The answers of one snapshot to SQL statements, run one after the other.

    Of several statements, those that only change something (a temporary table) have no answer. Ctrl-C ends
    them at any time. Raises StoreError and UsageError as `query` does, the latter also where there is no
    statement.
    """
    with connect(workspace) as connection, _told():
        statements = connection.extract_statements(sql)
        if not statements:
            raise UsageError("there is no SQL statement", hint='for example "from table1"')
        found = _interruptible(connection, lambda: [(each, _answer(connection, each)) for each in statements])
    asks = [duckdb.ExpectedResultType.QUERY_RESULT]
    return [table for each, table in found if len(found) == 1 or each.expected_result_type == asks]


def _interruptible(connection: duckdb.DuckDBPyConnection, ask: Callable[[], T]) -> T:
    """What `ask` gives, asked in a thread: in the main one DuckDB hears of Ctrl-C between its tasks alone."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask)
        try:
            return answer.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _answer(
    connection: duckdb.DuckDBPyConnection,
    statement: str | duckdb.Statement,
    parameters: Sequence[object] | Mapping[str, object] | None = None,
) -> Table:
    result = connection.execute(statement, parameters)
    columns = result.description or []
    return Table(
        tuple(column[0] for column in columns),
        tuple(str(column[1]) for column in columns),
        result.fetchall() if columns else [],
    )


@contextmanager
def _told() -> Iterator[None]:
    """Turn DuckDB's errors about a user's SQL into UsageError, and what it makes of Ctrl-C back into that."""
    try:
        yield
    except duckdb.Error as error:
        raise UsageError(str(error)) from error
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error
