"""Real daemons over grids of trials that compute nothing, in folders of their own."""

import contextlib
import os
import subprocess

import psutil
import pytest
from noop_grids import PFT, SETTINGS, processes

from pft_tui.daemon.client import ask, ensure_running, is_running
from pft_tui.paths import Workspace


@pytest.fixture
def workspace(tmp_path):
    """A workspace whose daemon and workers, if there are any left, end with the test."""
    (tmp_path / "pft.toml").write_text(SETTINGS)
    place = Workspace(tmp_path)
    yield place
    for process in processes(place, "pft_tui.daemon") + processes(place, "pft_tui.worker"):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.fixture
def daemon(workspace):
    """A workspace with a daemon."""
    ensure_running(workspace)
    yield workspace
    if is_running(workspace):
        ask(workspace, "down", now=True)


@pytest.fixture
def pft(workspace):
    """Runs `pft ARGUMENTS` in the workspace, to its end."""

    def run(*arguments, timeout=180, **options):
        return subprocess.run(
            [*PFT, *arguments],
            cwd=workspace.root,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120"},
            capture_output=True,
            text=True,
            timeout=timeout,
            **options,
        )

    return run
