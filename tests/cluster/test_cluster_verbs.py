"""What a user does with work on a cluster: look at it, pause it, cancel it, and look for what is wrong."""

import contextlib
import json
import subprocess
import time
from signal import SIGKILL

import psutil
import pytest
from noop_grids import PFT, enqueue, finished, noop_grid, wait_until

from pft_tui.daemon.client import ask, ensure_running
from pft_tui.scheduler.cluster import ClusterError, ClusterExecutor
from pft_tui.settings.load import load_settings
from pft_tui.settings.model import RunSettings

pytestmark = pytest.mark.slow


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
    done = finished(workspace)
    assert done < 3000
    ask(workspace, "cancel", jobs={"speakers": ["0003"]})
    ask(workspace, "resume")
    wait_until(lambda: ask(workspace, "status")["done"], 90)
    states = {row["state"] for row in ask(workspace, "jobs", jobs={"speakers": ["0001"]}, limit=500)["jobs"]}
    assert states == {"finished"}
    cancelled = ask(workspace, "jobs", jobs={"states": ["cancelled"]}, limit=1)["total"]
    assert finished(workspace) + cancelled == 3000


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


def test_workers_share_gpus_as_asked(workspace, nodes):
    """Ray is told of two GPUs that are not there: these trials compute nothing."""
    nodes.start("gpus", cpus=4, gpus=2)
    try:
        ensure_running(workspace, ["run.slots_per_gpu=2", "run.cluster_slots=0"])
        enqueue(workspace, noop_grid(2000, speakers=8, epochs=10))
        places = [f"cuda:{number} of gpus" for number in (0, 0, 1, 1)]
        wait_until(lambda: sorted(slot["device"] for slot in busy(workspace)) == places, 60)
        wait_until(lambda: ask(workspace, "status")["done"], 90)
        assert finished(workspace) == 2000
    finally:
        nodes.kill("gpus")


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
