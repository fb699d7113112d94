"""Queueing a grid, with what its pending work needs and finds no longer there."""

from __future__ import annotations

from pft_tui.grid import Grid
from pft_tui.paths import MODEL_RECORD, Workspace
from pft_tui.specs import prepare_id
from pft_tui.store import actions
from pft_tui.store.enqueue import Queued
from pft_tui.store.owner import Store


def queue_grid(workspace: Workspace, store: Store, grid: Grid, *, exclusive: bool) -> Queued:
    """Queue what the grid lacks (see `Store.enqueue`).

    Where anything is left to run, its corpora are looked through once more for files that have changed
    since they were decoded, models whose folder is gone are pre-finetuned anew, and the grid's
    configuration is recorded in the table `events`.
    """
    queued = store.enqueue(grid.corpora, grid.models, grid.trials, exclusive=exclusive)
    bundles = store.pending_bundles()
    if not bundles and not store.pending_models():
        return queued
    wanted = {bundle.model_id for bundle in bundles}
    gone = [
        model.model_id
        for model in grid.models
        if model.corpora
        and model.model_id in wanted
        and not (workspace.models / model.model_id / MODEL_RECORD).is_file()
    ]
    store.change(actions.log, "configuration", None, grid.configuration)
    store.repeat([*(prepare_id(corpus) for corpus in grid.corpora), *gone])
    return queued
