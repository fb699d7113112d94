"""Whole tables and views of the snapshot into files that other programs read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb

from pft_tui.errors import StoreError, UsageError
from pft_tui.paths import Workspace, beside
from pft_tui.store.read import Table, connect

DataFormat = Literal["parquet", "csv", "jsonl"]

_OPTIONS: Mapping[DataFormat, str] = {
    "parquet": "format parquet, compression zstd",
    "csv": "format csv, header",
    "jsonl": "format json",
}
_RELATIONS = (
    "select table_name from information_schema.tables where table_schema = 'main' order by table_name"
)


def relations(workspace: Workspace) -> list[str]:
    """The public tables and views, by name."""
    with connect(workspace) as connection:
        return [name for (name,) in connection.execute(_RELATIONS).fetchall()]


def copy_out(
    workspace: Workspace, relation: str, path: Path, form: DataFormat, wanted: Mapping[str, str | None]
) -> int:
    """Write all columns of a table or view to a file; how many rows that were.

    `wanted` holds values of columns that rows must have; None is any. In CSV, lists and structs are JSON. The
    file is put in place when it is whole. Raises UsageError where the relation or a wanted column is not
    there, StoreError where the file cannot be written.
    """
    with connect(workspace) as connection:
        if (relation,) not in connection.execute(_RELATIONS).fetchall():
            raise UsageError(f"there is no table or view {relation!r}", hint="`pft sql` lists them")
        select = _select(connection, relation, form, wanted)
        with _told_of_path(path):
            return write_answer(connection, select, path, form)


def copy_rows(table: Table, path: Path, form: DataFormat) -> int:
    """Write rows that are no relation's, as `copy_out` does; how many they are.

    Raises StoreError where the file cannot be written.
    """
    columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(table.columns, table.types, strict=True))
    with duckdb.connect() as connection, _told_of_path(path):
        connection.execute(f"create table answer ({columns})")
        places = ", ".join("?" * len(table.columns))
        connection.executemany(f"insert into answer values ({places})", table.rows)  # noqa: S608 - no values
        return write_answer(connection, "from answer", path, form)


@contextmanager
def _told_of_path(path: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, OSError) as error:
        words = str(error).partition("\n")[0]
        raise StoreError(f"{path} cannot be written: {words}", hint="name another --output") from error


def write_answer(connection: duckdb.DuckDBPyConnection, question: str, path: Path, form: DataFormat) -> int:
    """Write what a question answers to a file, put in place when it is whole; how many rows that were.

    Raises duckdb.Error and OSError.
    """
    partial = beside(path)
    target = str(partial).replace("'", "''")
    try:
        ((rows,),) = connection.execute(f"copy ({question}) to '{target}' ({_OPTIONS[form]})").fetchall()
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return int(rows)


def _select(
    connection: duckdb.DuckDBPyConnection, relation: str, form: DataFormat, wanted: Mapping[str, str | None]
) -> str:
    columns = dict(
        connection.execute(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = 'main' and table_name = $1",
            [relation],
        ).fetchall()
    )
    asked = {name: value for name, value in wanted.items() if value is not None}
    for name in asked:
        if name not in columns:
            raise UsageError(f"{relation} has no {name}", hint=f"leave --{name} out")
    nested = [
        f'cast(to_json("{name}") as varchar) as "{name}"'
        for name, kind in columns.items()
        if form == "csv" and kind.endswith(("[]", ")"))
    ]
    replaced = f" replace ({', '.join(nested)})" if nested else ""
    conditions = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in asked.items()]
    where = f" where {' and '.join(conditions)}" if conditions else ""
    return f"select *{replaced} from {relation}{where}"  # noqa: S608 - names of the catalogue, values quoted
