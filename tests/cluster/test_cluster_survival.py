"""What each accident on a cluster means: every finished trial is there once, and every other one runs."""

import os
import signal

import psutil
import pytest
from noop_grids import enqueue, finished, noop_grid, sql, wait_done, wait_until

from pft_tui.daemon.client import ask, ensure_running, is_running

pytestmark = pytest.mark.slow
TRIALS, EPOCHS = 4000, 10


def busy(workspace):
    """The slots that are at work on a node, by the node's name."""
    return {
        slot["node"]: slot for slot in ask(workspace, "status")["slots"] if slot["node"] and slot["jobs_left"]
    }


def slots(workspace):
    """The numbers of the slots on the cluster."""
    return [slot["slot"] for slot in ask(workspace, "status")["slots"] if slot["slot"]]


def each_trial_once(workspace):
    """Every trial has one result, and one curve without gaps or doubles."""
    ask(workspace, "publish")
    counted = "select count(*), count(distinct trial_id) from private.trial_results"
    assert sql(workspace, counted) == [(TRIALS, TRIALS)]
    assert sql(workspace, "select distinct status from trials") == [("finished",)]
    curves = "select distinct n, last from (select count(*) n, max(epoch) last from metrics group by run_id)"
    assert sql(workspace, curves) == [(EPOCHS, EPOCHS)]


def at_work_on_both(workspace):
    ensure_running(workspace)
    enqueue(workspace, noop_grid(TRIALS, epochs=EPOCHS))
    return wait_until(lambda: found if len(found := busy(workspace)) == 2 else None, 60)


def test_the_daemon_is_killed_and_the_next_one_adopts_the_workers(workspace):
    before = at_work_on_both(workspace)
    wait_until(lambda: finished(workspace) > 100)
    os.kill(ask(workspace, "status")["pid"], signal.SIGKILL)
    wait_until(lambda: not is_running(workspace))
    ensure_running(workspace)
    after = {slot["node"]: slot["pid"] for slot in ask(workspace, "status")["slots"] if slot["node"]}
    assert after == {node: slot["pid"] for node, slot in before.items()}
    wait_done(workspace, 120)
    each_trial_once(workspace)
    assert sql(workspace, "select count(*) from events where kind = 'worker_lost'") == [(0,)]
    assert sql(workspace, "select max(attempts) from trials") == [(1,)]


def test_a_node_is_lost_in_mid_bundle(workspace, nodes):
    """Each trial has one attempt here: what goes down with a node has made none."""
    at_work = at_work_on_both(workspace)
    worker = at_work["other"]["pid"]
    nodes.kill("other")
    try:
        wait_until(lambda: not psutil.pid_exists(worker))  # a worker whose node is gone reaches nobody
        wait_until(lambda: slots(workspace) == [1])
        wait_done(workspace, 120)
    finally:
        nodes.start("other")
    each_trial_once(workspace)
    assert sql(workspace, "select max(attempts) from trials") == [(1,)]
    [(error,)] = sql(workspace, "select detail from events where kind = 'worker_lost'")
    assert error.startswith("its node is lost")
    [(losses,)] = sql(workspace, "select sum(losses) from private.jobs")
    assert losses <= 1  # between two trials there was none at hand; what had not begun is not to blame
    wait_until(lambda: slots(workspace) == [1, 2])
    enqueue(workspace, noop_grid(2 * TRIALS, epochs=EPOCHS))
    wait_until(lambda: len(busy(workspace)) == 2, 60)


def test_the_head_is_started_anew(workspace, nodes):
    at_work_on_both(workspace)
    pid = ask(workspace, "status")["pid"]
    nodes.kill("other")
    nodes.kill("head")
    nodes.start("head")
    nodes.start("other")
    wait_done(workspace, 120)
    each_trial_once(workspace)
    assert ask(workspace, "status")["pid"] == pid
    assert sql(workspace, "select count(*) from events where kind = 'worker_lost'") == [(2,)]
