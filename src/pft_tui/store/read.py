"""Reading the published snapshot: what clients, reports and notebooks do. It blocks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import duckdb

from pft_tui.errors import StoreError, UsageError
from pft_tui.paths import Workspace

_NAME = "pft"


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a query: column names, their SQL types, and the rows as Python values."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def connect(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    """The snapshot as it is now, open for reading; a later snapshot takes a new connection.

    Raises StoreError where nothing was published yet or the file cannot be read.
    """
    path = workspace.snapshot
    try:
        found = path.stat()
        connection = _opened(str(path), (found.st_dev, found.st_ino, found.st_mtime_ns)).cursor()
        connection.execute(f"use {_NAME}")
    except FileNotFoundError as error:
        raise StoreError(f"no {path}: nothing has been run yet", hint="run `pft run`") from error
    except (OSError, duckdb.Error) as error:
        words = str(error).partition("\n")[0]
        raise StoreError(
            f"{path} cannot be read: {words}",
            hint="move it away; the next `pft run` publishes it anew",
        ) from error
    return connection


@lru_cache(maxsize=1)
def _opened(path: str, _: tuple[int, int, int]) -> duckdb.DuckDBPyConnection:
    """The snapshot with that identity, opened once, since opening takes as long as a query.

    It is attached to a database of its own: a process that still had an older snapshot of the same path
    open would else be given that one again.
    """
    connection = duckdb.connect()
    quoted = path.replace("'", "''")
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

    Of several statements, those that only change something (a temporary table) have no answer. Raises
    StoreError and UsageError as `query` does, the latter also where there is no statement.
    """
    with connect(workspace) as connection, _told():
        statements = connection.extract_statements(sql)
        if not statements:
            raise UsageError("there is no SQL statement", hint='for example "from table1"')
        found = [(each, _answer(connection, each)) for each in statements]
    asks = [duckdb.ExpectedResultType.QUERY_RESULT]
    return [table for each, table in found if len(found) == 1 or each.expected_result_type == asks]


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
    """Turn DuckDB's errors about a user's SQL into UsageError."""
    try:
        yield
    except duckdb.Error as error:
        raise UsageError(str(error)) from error
