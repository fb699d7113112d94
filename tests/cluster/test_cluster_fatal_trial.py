"""A trial that brings down every node it runs on: it is given up, and the others run."""

from pathlib import Path

import pytest
from noop_grids import enqueue, noop_grid, sql, wait_done, wait_until
from ray_nodes import RayNodes, workspace_on

from pft_tui.daemon.client import ask, ensure_running
from pft_tui.store.owner import MOST_LOSSES

pytestmark = pytest.mark.slow
FALLING = Path(__file__).with_name("falling")
TRIALS = 40


def test_a_trial_that_brings_its_nodes_down_is_given_up_and_the_others_run(tmp_path):
    falls = tmp_path / "falls"
    fatal = {"PYTHONPATH": str(FALLING), "FALLS": str(falls)}
    with RayNodes() as nodes:
        nodes.start("head", cpus=0)
        nodes.start("other", environment=fatal)
        with workspace_on(nodes, tmp_path) as workspace:
            ensure_running(workspace)
            enqueue(workspace, noop_grid(TRIALS, speakers=1, epochs=3))
            for _ in range(MOST_LOSSES):
                wait_until(falls.exists, 60)
                nodes.kill("other")
                falls.unlink()
                nodes.start("other", environment=fatal)
            status = wait_done(workspace)
            assert (status["trials"]["finished"], status["trials"]["failed"]) == (TRIALS - 1, 1)
            ask(workspace, "publish")
            [(trial, attempts, error)] = sql(
                workspace, "select trial, attempts, error from trials where status = 'failed'"
            )
            assert (trial, attempts) == (0, 0)
            assert error.startswith(f"lost {MOST_LOSSES} times with the node or machine")
