"""Imported trials on their way into the store: all of a file or none of it, and none twice."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from pft_tui.events import ImportedTrial, TrialsImported
from pft_tui.store.batch import row_of
from pft_tui.store.connection import append
from pft_tui.store.scripts import statement

_TRIAL = row_of(ImportedTrial)


def insert_imported(connection: duckdb.DuckDBPyConnection, imported: TrialsImported) -> int:
    """Insert an import's trials, inside a transaction of the caller's, unless any is known already.

    Returns how many are. The log says what became of the import.
    """
    known = count_known(connection, imported)
    detail = f"{len(imported.trials)} trials of {imported.file}"
    if known:
        kind, detail = "import_refused", f"{detail}, {known} of them known already"
    else:
        kind = "trials_imported"
        source = {"source": imported.source}
        if imported.replace:
            connection.execute("delete from private.imported_trials where source = $source", source)
        connection.execute(statement("insert_imported_trials"), source)
    now = datetime.now(UTC).replace(tzinfo=None)
    append(connection, "events", [(now, kind, imported.source, detail)])
    return known


def count_known(connection: duckdb.DuckDBPyConnection, imported: TrialsImported) -> int:
    """Stage an import's trials in place of those before; how many of them the database has."""
    connection.execute("delete from fresh_imported_trials")
    append(connection, "fresh_imported_trials", map(_TRIAL, imported.trials))
    values = {"source": imported.source, "replace": imported.replace}
    ((known,),) = connection.execute(statement("count_known_imports"), values).fetchall()
    return int(known)
