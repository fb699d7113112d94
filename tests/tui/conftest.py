"""Workspaces with a real snapshot for the dashboard to show."""

import pytest
from finished_trials import workspace_with


@pytest.fixture
def finished(tmp_path):
    """A workspace in which every trial of a small grid has finished, without a daemon."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return workspace_with(folder)
