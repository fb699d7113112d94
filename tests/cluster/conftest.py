"""A Ray cluster of several nodes on this machine, and workspaces whose daemon works on it."""

import contextlib

import psutil
import pytest
from noop_grids import processes
from ray_nodes import RayNodes

from pft_tui.daemon.client import ask, is_running
from pft_tui.paths import Workspace

SETTINGS = """\
[run]
executor = "ray"
address = "{address}"
cluster_slots = 2
shared_workspace = true
publish_seconds = 0.2
disk_floor = 0
attempts = 1000
"""


@pytest.fixture(scope="session")
def nodes():
    """Two nodes: `head`, which this machine's daemons come in by, and `other`."""
    with RayNodes() as cluster:
        cluster.start("head")
        cluster.start("other")
        yield cluster


@pytest.fixture
def workspace(tmp_path, nodes):
    """A workspace on the cluster; what it has started ends with the test."""
    (tmp_path / "pft.toml").write_text(SETTINGS.format(address=nodes.address))
    place = Workspace(tmp_path)
    yield place
    if is_running(place):
        ask(place, "down", now=True)
    for process in processes(place, "pft_tui.daemon") + processes(place, "pft_tui.cluster.bridge"):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.wait(30)
