"""A question in SQL that can be stopped while it is answered, and whose answer can be kept in a file."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import duckdb

from pft_tui.errors import PftError, UsageError
from pft_tui.paths import Workspace
from pft_tui.store.copy import DataFormat, write_answer
from pft_tui.store.read import Table, connect

MOST_ROWS = 100_000
_CHUNK = 4096
_PLACE = re.compile(r"\n\nLINE (\d+): (.*)\n( *)(\^+)", re.DOTALL)
_CUT = "..."


class StoppedError(PftError):
    """The user stopped a question."""


class WrongSqlError(UsageError):
    """DuckDB has something against a statement: its words, and where (from 0) if it says so."""

    def __init__(self, message: str, line: int | None = None, column: int = 0, length: int = 0) -> None:
        super().__init__(message)
        self.line, self.column, self.length = line, column, length


@dataclass(frozen=True, slots=True)
class Answer:
    """A table of MOST_ROWS rows at the most, whether there were more, and how long it took."""

    table: Table
    is_cut: bool
    seconds: float


class Inquiry:
    """Statements for the snapshot as it is now. `stop` may be called from another thread at any time."""

    def __init__(self, workspace: Workspace, sql: str) -> None:
        self._workspace = workspace
        self._sql = sql
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._is_stopped = threading.Event()

    def stop(self) -> None:
        """Give it up."""
        self._is_stopped.set()
        if self._connection is not None:
            self._connection.interrupt()

    def answer(self) -> Answer:
        """What the last statement that has an answer answers.

        Raises WrongSqlError for what DuckDB has against it, StoppedError where it was stopped, StoreError
        where there is no snapshot.
        """
        began = time.perf_counter()
        table, is_cut = Table((), (), []), False
        with connect(self._workspace) as connection:
            self._connection = connection
            for sql, line in self._statements():
                with self._told(sql, line):
                    # As text: of a statement that was extracted DuckDB would show a wrong place.
                    result = connection.execute(sql)
                    if result.description:
                        table, is_cut = self._fetched(result)
        if not table.columns:
            raise WrongSqlError("there is no question in it")
        return Answer(table, is_cut, time.perf_counter() - began)

    def save(self, path: Path) -> int:
        """Write the whole answer of the last statement to a file, .csv or .parquet; how many rows.

        Raises as `answer` does, and WrongSqlError where the last statement is no question.
        """
        with connect(self._workspace) as connection:
            self._connection = connection
            *before, (last, line) = self._statements()
            for sql, start in before:
                with self._told(sql, start):
                    connection.execute(sql)
            question = last.strip().removesuffix(";")
            with self._told(last, line):
                form: DataFormat = "parquet" if path.suffix == ".parquet" else "csv"
                return write_answer(connection, question, path, form)

    def _statements(self) -> list[tuple[str, int]]:
        """The statements, each with the line (from 0) on which it begins."""
        assert self._connection is not None
        with self._told(self._sql, 0):
            found = [statement.query for statement in self._connection.extract_statements(self._sql)]
        if not found:
            raise WrongSqlError("there is no statement")
        lines = accumulate((sql.count("\n") for sql in found), initial=0)
        return list(zip(found, lines, strict=False))

    def _fetched(self, result: duckdb.DuckDBPyConnection) -> tuple[Table, bool]:
        columns = result.description or []
        rows: list[tuple[Any, ...]] = []
        while len(rows) <= MOST_ROWS and (chunk := result.fetchmany(_CHUNK)):
            if self._is_stopped.is_set():
                raise StoppedError("stopped")
            rows += chunk
        names, types = tuple(column[0] for column in columns), tuple(str(column[1]) for column in columns)
        return Table(names, types, rows[:MOST_ROWS]), len(rows) > MOST_ROWS

    @contextmanager
    def _told(self, sql: str, line: int) -> Iterator[None]:
        """Say where in the whole text DuckDB has something against a statement that begins on `line`."""
        if self._is_stopped.is_set():
            raise StoppedError("stopped")
        try:
            yield
        except duckdb.Error as error:
            if self._is_stopped.is_set():
                raise StoppedError("stopped") from error
            raise wrong_sql(str(error), sql, line) from error


def wrong_sql(words: str, sql: str, first_line: int) -> WrongSqlError:
    """DuckDB's words about a statement that begins on a line, and the place that they point to."""
    message = " ".join(_PLACE.sub("", words).split())
    place = _PLACE.search(words)
    if place is None:
        return WrongSqlError(message)
    number, excerpt, space, carets = int(place[1]) - 1, place[2], place[3], place[4]
    column = len(space) - len(f"LINE {place[1]}: ")
    lines = sql.split("\n")
    if excerpt.startswith(_CUT) and number < len(lines):  # DuckDB shows a part of a long line
        shown = excerpt.removeprefix(_CUT).removesuffix(_CUT)
        column += lines[number].find(shown) - len(_CUT)
    return WrongSqlError(message, first_line + number, max(0, column), len(carets))
