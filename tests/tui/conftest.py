"""Workspaces with a real snapshot for the dashboard to show."""

import pytest
from finished_trials import workspace_with

from pft_tui.events import Metrics, Spool
from pft_tui.reports.trials import trials
from pft_tui.store.owner import Store


@pytest.fixture
def finished(tmp_path):
    """A workspace in which every trial of a small grid has finished, without a daemon."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return workspace_with(folder)


@pytest.fixture
def with_curves(finished):
    """The same with curves of 3 to 5 epochs; and what they are: (epoch, value) pairs by trial."""
    curves = {
        row[0]: [(epoch, 0.1 * epoch + place / 1000) for epoch in range(1, 4 + place % 3)]
        for place, row in enumerate(trials(finished, {}, "k").rows)
    }
    store = Store.open(finished)
    with Spool(finished.spool / "later.jsonl") as spool:
        for trial_id, points in curves.items():
            spool.append(
                [
                    Metrics(
                        trial_id,
                        [epoch],
                        [epoch],
                        {"val_macro_f1": [value], "train_loss": [1 / epoch]},
                        [2.0],
                    )
                    for epoch, value in points
                ]
            )
    while store.ingest().more:
        pass
    store.publish()
    store.close()
    return finished, curves
