"""More slots than the cluster has room for: Ray's autoscaler adds nodes, and takes them away again."""

import subprocess
import sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from subprocess import PIPE

import pytest
from noop_grids import enqueue, noop_grid, wait_done, wait_until
from ray_nodes import RayNodes, workspace_on

from pft_tui.daemon.client import ask, ensure_running

pytestmark = pytest.mark.slow
ONLOOKER = Path(__file__).with_name("onlooker.py")
AT_MOST_TWO = {"small": {"resources": {"CPU": 1}, "node_config": {}, "min_workers": 0, "max_workers": 2}}


@contextmanager
def onlooker(cluster):
    """What tells how many nodes a cluster has."""
    command = [sys.executable, str(ONLOOKER), cluster.address]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:

        def nodes():
            process.stdin.write("\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield nodes
        process.stdin.close()


def kept_at_work(workspace, queued):
    """The workers that have something to do; where all is done, the next number of trials is queued."""
    status = ask(workspace, "status")
    if status["done"]:
        enqueue(workspace, noop_grid(next(queued), epochs=10))
    return [slot["pid"] for slot in status["slots"] if slot["pid"] and slot["jobs_left"]]


@pytest.mark.timeout(300)
def test_ray_is_asked_for_nodes_and_takes_them_away_when_nobody_needs_them(tmp_path):
    with RayNodes() as cluster:
        fake = {"RAY_FAKE_CLUSTER": "1", "AUTOSCALER_UPDATE_INTERVAL_S": "1"}
        cluster.start("head", cpus=0, environment=fake, autoscaling=AT_MOST_TWO)
        with workspace_on(cluster, tmp_path) as workspace, onlooker(cluster) as nodes:
            # A third worker is wished for that will never have a node: it must not keep the others' alive.
            ensure_running(workspace, ["run.cluster_slots=3"])
            assert nodes() == 1
            queued = count(2000, 2000)
            wait_until(lambda: len(kept_at_work(workspace, queued)) == 2, 120)
            assert nodes() == 3
            status = wait_done(workspace)
            assert status["trials"]["finished"] == status["trials"]["total"]
            ask(workspace, "pause")  # so that workers go at once, not after a minute without work
            wait_until(lambda: nodes() == 1, 120)
