"""The schema of the store and its views: brought up to date whenever the owner opens it."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path

import duckdb

from pft_tui.errors import StoreError
from pft_tui.store.connection import transaction, translated
from pft_tui.store.scripts import migrations, stages, view

# Each view may use those before it.
VIEWS = (
    "waits",
    "jobs",
    "models",
    "trials",
    "comparable_trials",
    "cell_sums",
    "both_ends",
    "figure2",
    "corpus_deltas",
    "figure3",
    "table1",
    "ablation",
    "figure4",
    "powerset",
    "speaker_emotion",
    "learning_curves",
    "paper_table1",
    "table1_vs_paper",
    "powerset_vs_paper",
)


def bring_up_to_date(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Apply the migrations that are missing, install the views and make the temporary tables.

    Raises StoreError where the store was written by a newer pft-tui.
    """
    scripts, wanted = migrations(), _wanted()
    with translated(path):
        found = _installed(connection)
    version = found[0]
    if version > len(scripts):
        raise StoreError(
            f"{path} has schema version {version}, this pft-tui knows versions up to {len(scripts)}",
            hint="upgrade pft-tui",
        )
    if found != wanted:
        with transaction(connection, path):
            for script in (*scripts[version:], *map(view, VIEWS)):
                connection.execute(script)
            connection.execute("update private.meta set schema_version = $1, views = $2", wanted)
    with translated(path):
        connection.execute(stages())


def require_current(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise StoreError where a snapshot has not this version's tables and views."""
    with translated(path):
        found = _installed(connection)
    if found != _wanted():
        raise StoreError(
            f"{path} was published by another version of pft-tui",
            hint="`pft up` publishes it anew, as this version has it",
        )


@cache
def _wanted() -> tuple[int, str]:
    """The number of this version's migrations, and the digest of its views."""
    views = "".join(map(view, VIEWS))
    return len(migrations()), blake2b(views.encode(), digest_size=8).hexdigest()


def _installed(connection: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    """The number of migrations that the store has seen, and the digest of its views."""
    try:
        row = connection.execute("select schema_version, views from private.meta").fetchone()
    except duckdb.CatalogException:  # an empty database
        return 0, ""
    assert row is not None
    return int(row[0]), str(row[1])
