"""The schema of the store: brought up to date, and its views installed, whenever the owner opens it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pft_tui.errors import StoreError
from pft_tui.store.connection import transaction
from pft_tui.store.scripts import migrations, stages, view

# Each view may use those before it.
VIEWS = (
    "audio_waits",
    "model_waits",
    "model_audio_waits",
    "jobs",
    "models",
    "trials",
    "comparable_trials",
    "setting_corpora",
    "figure2",
    "figure3",
    "table1",
    "figure4",
    "powerset",
    "paper_table1",
    "table1_vs_paper",
)


def bring_up_to_date(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Apply the migrations that are missing, install the views and make the temporary tables.

    Raises StoreError where the store was written by a newer pft-tui.
    """
    scripts = migrations()
    version = schema_version(connection)
    if version > len(scripts):
        raise StoreError(
            f"{path} has schema version {version}, this pft-tui knows versions up to {len(scripts)}",
            hint="upgrade pft-tui",
        )
    with transaction(connection, path):
        for script in scripts[version:]:
            connection.execute(script)
        connection.execute("update private.meta set schema_version = $1", [len(scripts)])
        for name in VIEWS:
            connection.execute(view(name))
    connection.execute(stages())


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of migrations that the store has seen; 0 for an empty one."""
    tables = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'private' and table_name = 'meta'"
    ).fetchone()
    if tables == (0,):
        return 0
    row = connection.execute("select schema_version from private.meta").fetchone()
    assert row is not None
    return int(row[0])
