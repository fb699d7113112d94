"""A terminal experiment manager for pre-finetuning and few-shot fine-tuning of speech models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__version__ = "0.1.0"


def connect(workspace: str | Path | None = None) -> duckdb.DuckDBPyConnection:
    """The results of a workspace as they are now, open for reading: `connect().sql("from table1").df()`.

    Without a folder the workspace is found from the current one upwards. Connect again to see what is
    new. Raises WorkspaceError where there is no workspace, StoreError where it has no results yet.
    """
    from pft_tui.paths import find_workspace
    from pft_tui.store import read

    folder = Path.cwd() if workspace is None else Path(workspace)
    return read.connect(find_workspace(folder, explicit=workspace is not None))
