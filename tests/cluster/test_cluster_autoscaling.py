"""More slots than the cluster has room for: Ray's autoscaler adds nodes, and takes them away again."""

import json
import subprocess

import pytest
from noop_grids import PFT, enqueue, noop_grid, wait_done, wait_until
from ray_nodes import RayNodes, workspace_on

from pft_tui.daemon.client import ask, ensure_running

pytestmark = pytest.mark.slow
AT_MOST_TWO = {"small": {"resources": {"CPU": 1}, "node_config": {}, "min_workers": 0, "max_workers": 2}}


def nodes_of(workspace):
    """How many nodes the cluster has, by `pft doctor`."""
    done = subprocess.run(
        [*PFT, "doctor", "--json"], cwd=workspace.root, capture_output=True, text=True, timeout=120
    )
    [found] = [row["found"] for row in json.loads(done.stdout) if row["check"] == "cluster"]
    return int(found.partition(" ")[0])


def at_work(workspace):
    """The workers that have something to do."""
    return [slot["pid"] for slot in ask(workspace, "status")["slots"] if slot["node"] and slot["jobs_left"]]


@pytest.mark.timeout(300)
def test_ray_is_asked_for_nodes_and_takes_them_away_when_nobody_needs_them(tmp_path):
    with RayNodes() as cluster:
        fake = {"RAY_FAKE_CLUSTER": "1", "AUTOSCALER_UPDATE_INTERVAL_S": "1"}
        cluster.start("head", cpus=0, environment=fake, autoscaling=AT_MOST_TWO)
        with workspace_on(cluster, tmp_path) as workspace:
            # A third worker is wished for that will never have a node: it must not keep the others' alive.
            ensure_running(workspace, ["run.cluster_slots=3"])
            assert nodes_of(workspace) == 1
            enqueue(workspace, noop_grid(4000, epochs=10))
            wait_until(lambda: len(at_work(workspace)) == 2, 120)
            assert nodes_of(workspace) == 3
            assert wait_done(workspace)["trials"]["finished"] == 4000
            ask(workspace, "pause")  # so that workers go at once, not after a minute without work
            wait_until(lambda: nodes_of(workspace) == 1, 120)
