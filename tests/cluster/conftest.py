"""A Ray cluster of several nodes on this machine, and workspaces whose daemon works on it."""

import pytest
from ray_nodes import RayNodes, workspace_on


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
    with workspace_on(nodes, tmp_path) as place:
        yield place
