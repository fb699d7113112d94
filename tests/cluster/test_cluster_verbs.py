"""What a user does with work on a cluster: look at it, pause it, cancel it, and look for what is wrong."""

import contextlib
import json
import os
import subprocess
import time
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP

import psutil
import pytest
from noop_grids import PFT, enqueue, finished, noop_grid, sql, wait_done, wait_until
from ray._private.utils import get_system_memory, get_used_memory

from pft_tui.daemon.client import ask, ensure_running
from pft_tui.scheduler.cluster import ClusterExecutor
from pft_tui.scheduler.cluster_slots import ClusterError
from pft_tui.settings.load import load_settings
from pft_tui.settings.model import RunSettings
from pft_tui.units import GIB

pytestmark = pytest.mark.slow
HUNGRY = Path(__file__).with_name("hungry")
STARVING = Path(__file__).with_name("starving")
TRIALS = 12000


def pft(workspace, *arguments):
    return subprocess.run([*PFT, *arguments], cwd=workspace.root, capture_output=True, text=True, timeout=120)


def busy(workspace):
    return [slot for slot in ask(workspace, "status")["slots"] if slot["jobs_left"]]


def test_the_nodes_are_named_and_work_is_paused_and_cancelled(workspace):
    ensure_running(workspace)
    enqueue(workspace, noop_grid(3000, epochs=10))
    wait_until(lambda: finished(workspace) > 0, 60)
    shown = pft(workspace, "status").stdout
    assert " on cpu of " in shown
    workers = [slot["pid"] for slot in ask(workspace, "status")["slots"] if slot["pid"]]
    ask(workspace, "pause")
    wait_until(lambda: not any(slot["worker"] for slot in ask(workspace, "status")["slots"]))
    assert not any(psutil.pid_exists(pid) for pid in workers)
    assert [slot["node"] for slot in ask(workspace, "status")["slots"]] == [None, "any node", "any node"]
    assert "slot 2 on cpu of any node: paused" in pft(workspace, "status").stdout
    done = finished(workspace)
    assert done < 3000
    ask(workspace, "cancel", jobs={"speakers": ["0003"]})
    ask(workspace, "resume")
    wait_done(workspace, 90)
    states = {row["state"] for row in ask(workspace, "jobs", jobs={"speakers": ["0001"]}, limit=500)["jobs"]}
    assert states == {"finished"}
    cancelled = ask(workspace, "jobs", jobs={"states": ["cancelled"]}, limit=1)["total"]
    assert finished(workspace) + cancelled == 3000


def test_a_higher_priority_goes_first(workspace):
    ensure_running(workspace, ["run.cluster_slots=1"])
    ask(workspace, "pause")
    enqueue(workspace, noop_grid(40, epochs=2))
    assert ask(workspace, "priority", jobs={"numbers": [[31, 40]]}, priority=5)["changed"] == 10
    ask(workspace, "resume")
    wait_done(workspace)
    jobs = ask(workspace, "jobs", by="started", limit=40)["jobs"]
    assert {job["number"] for job in jobs[:10]} == set(range(31, 41))


def test_a_trial_whose_worker_is_killed_fails_says_so_and_is_retried(workspace):
    """It has one attempt here, and may have killed its worker itself."""
    ensure_running(workspace, ["run.cluster_slots=1"])
    enqueue(workspace, noop_grid(1))
    wait_done(workspace)  # so that the worker has begun
    enqueue(workspace, noop_grid(40, epochs=20_000))
    slot = wait_until(lambda: held_at_work(workspace), 60)
    os.kill(slot["pid"], SIGKILL)
    waited = pft(workspace, "wait")
    assert waited.returncode == 1
    assert "1 jobs failed" in waited.stderr
    [failed] = ask(workspace, "jobs", jobs={"states": ["failed"]}, limit=9)["jobs"]
    assert failed["id"] == slot["job"]
    assert "the worker died" in pft(workspace, "logs", str(failed["number"])).stdout
    assert json.loads(pft(workspace, "retry", "--failed", "--json").stdout)["changed"] == 1
    assert wait_done(workspace)["trials"]["finished"] == 40  # the first has given its place to another


def held_at_work(workspace):
    """A slot whose worker is stopped in the middle of a trial, None where it was between two."""
    for slot in busy(workspace):
        os.kill(slot["pid"], SIGSTOP)
        time.sleep(0.5)  # what it has written until then arrives
        now = [other for other in busy(workspace) if other["pid"] == slot["pid"] and other["job"]]
        if now:
            return now[0]
        os.kill(slot["pid"], SIGCONT)
    return None


def test_doctor_looks_at_every_node(workspace):
    done = pft(workspace, "doctor", "--json")
    found = {row["check"]: row for row in json.loads(done.stdout)}
    assert found["cluster"]["found"].startswith("2 nodes: ")
    for node in ("node head", "node other"):
        assert found[node]["ok"], found[node]["found"]
        assert "torch" in found[node]["found"]


def test_where_nobody_listens_that_is_said(workspace, nodes):
    settings = workspace.settings_file.read_text().replace(nodes.address, "127.0.0.1:1")
    workspace.settings_file.write_text(settings)
    found = pft(workspace, "doctor").stdout
    assert "BAD  cluster" in found
    workspace.make_folders()
    with pytest.raises(ClusterError, match=r"no Ray cluster at run.address = .* nobody listens"):
        ClusterExecutor(workspace, load_settings(workspace.settings_file).run)


def test_gpus_of_a_cluster_are_shared_by_a_number(workspace):
    with pytest.raises(ClusterError, match="slots_per_gpu"):
        ClusterExecutor(workspace, RunSettings(executor="ray", slots_per_gpu="auto"))


def test_gpus_are_shared_as_asked_and_one_whose_memory_runs_out_has_a_worker_less(workspace, nodes, tmp_path):
    """Ray is told of two GPUs that are not there: these trials compute nothing."""
    begins = tmp_path / "memory-ends"
    hungry = {"PYTHONPATH": str(HUNGRY), "HUNGRY_FROM": str(begins)}
    nodes.start("gpus", cpus=4, gpus=2, environment=hungry)
    try:
        ensure_running(workspace, ["run.slots_per_gpu=2"])
        enqueue(workspace, noop_grid(4000, speakers=8, epochs=10))
        places = [f"cuda:{number} of gpus" for number in (0, 0, 1, 1)]
        wait_until(lambda: sorted(slot["device"] for slot in busy(workspace)) == places, 60)
        begins.touch()
        wait_until(lambda: len(ask(workspace, "status")["slots"]) == 4)
        status = wait_done(workspace)
        assert status["trials"]["finished"] == 4000
        assert len(status["slots"]) == 4  # nobody took the share that is set aside
    finally:
        nodes.kill("gpus")
    ask(workspace, "publish")
    assert sql(workspace, "select max(attempts) from trials") == [(1,)]
    [(device, detail)] = sql(workspace, "select subject, detail from events where kind = 'slot_closed'")
    assert device in places
    assert detail == "memory ran out: 1 workers from now on"
    [log] = workspace.logs.glob("ray-1-*.log")
    assert "OutOfMemoryError: CUDA out of memory" in log.read_text()


def test_a_node_whose_memory_runs_out_has_a_worker_less_and_no_trial_fails(workspace, nodes, tmp_path):
    """Two workers eat 2 GiB each, where 3 are left. Ray, counting hosts alone, ends both at once."""
    begins = tmp_path / "meal"
    closed = "select subject, detail from events where kind = 'slot_closed'"
    threshold = (get_used_memory() + 4 * GIB) / get_system_memory()  # one for all that is started below
    starving = {
        "PYTHONPATH": str(STARVING),
        "EATS_FROM": str(begins),
        "EATS": str(2 * GIB),
        "RAY_memory_usage_threshold": f"{threshold:.4f}",
    }
    nodes.start("full", cpus=2, environment=starving)
    try:
        ensure_running(workspace)
        enqueue(workspace, noop_grid(TRIALS, speakers=8, epochs=10))
        wait_until(lambda: sum(slot["node"] == "full" for slot in busy(workspace)) == 2, 60)
        begins.touch()
        wait_until(lambda: ask(workspace, "publish") and sql(workspace, closed), 60)
        assert sum(slot["node"] == "full" for slot in ask(workspace, "status")["slots"]) <= 1
        assert wait_done(workspace)["trials"]["finished"] == TRIALS
    finally:
        nodes.kill("full")
    ask(workspace, "publish")
    assert sql(workspace, "select max(attempts) from trials") == [(1,)]
    assert sql(workspace, closed) == [("full", "memory ran out: 1 workers from now on")]
    assert any("low on memory" in path.read_text() for path in workspace.logs.glob("ray-*.log"))


def placed(cluster, slot, seconds):
    """Whether a worker for the slot finds room within so many seconds."""
    deadline = time.monotonic() + seconds
    while cluster.lacks(slot) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_share_that_is_set_aside_is_nobody_elses(workspace):
    """So that a GPU whose memory ran out has one worker less, wherever Ray would put the next."""
    workspace.make_folders()
    settings = load_settings(workspace.settings_file, flags=["run.cluster_slots=3"]).run
    with contextlib.closing(ClusterExecutor(workspace, settings)) as cluster:
        _, first, second, third = cluster.slots()
        workers = []
        for slot in (first, second):
            assert placed(cluster, slot, 60)
            workers.append(cluster.start(slot))
        assert {worker.node for worker in workers} == {"head", "other"}
        cluster.set_aside(workers[0])
        cluster.signal(workers[0], SIGKILL)
        wait_until(lambda: not cluster.is_alive(workers[0]))
        assert not placed(cluster, third, 5)
        cluster.signal(workers[1], SIGKILL)
        wait_until(lambda: not cluster.is_alive(workers[1]))
        assert placed(cluster, third, 60)
