"""What each accident means: after it, every finished trial is there once and every other one is queued."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import duckdb
import psutil
import pytest
from noop_grids import enqueue, finished, noop_grid, processes, sql, wait_done, wait_until

from pft_tui.daemon.client import DaemonError, ask, ensure_running, is_running
from pft_tui.store import actions
from pft_tui.store.owner import Store
from pft_tui.store.selection import Selection

TRIALS = 2500
EPOCHS = 10


def kill_one(workspace, module, chance):
    """SIGKILL to one of the processes, if there are any; what has gone by itself is no matter."""
    found = processes(workspace, module)
    if found:
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(found).kill()
    if module == "pft_tui.daemon":
        wait_until(lambda: not is_running(workspace))  # its threads may hold the socket a moment longer


def each_trial_once(workspace, trials=TRIALS, epochs=EPOCHS):
    """Every trial has one result, and one curve without gaps or doubles."""
    ask(workspace, "publish")
    [counts] = sql(
        workspace,
        "select count(*), count(distinct trial_id), count(*) filter (where status = 'finished') from trials",
    )
    assert counts == (trials, trials, trials)
    results = "select count(*), count(distinct trial_id) from private.trial_results"
    assert sql(workspace, results) == [(trials, trials)]
    curves = "select distinct n, last from (select count(*) n, max(epoch) last from metrics group by run_id)"
    assert sql(workspace, curves) == [(epochs, epochs)]
    assert sql(workspace, "select count(distinct run_id) from metrics") == [(trials,)]


def is_through(workspace):
    """Whether all is done. A daemon that paused, as it does when workers die before they begin, goes on."""
    status = ask(workspace, "status")
    if status["stops"]:
        ask(workspace, "resume")
    return status["done"]


@pytest.mark.parametrize(
    "victims", [("pft_tui.worker",), ("pft_tui.daemon",), ("pft_tui.worker", "pft_tui.daemon")]
)
def test_kills_at_random_moments(workspace, victims):
    chance = random.Random(len(victims) + len(victims[0]))
    ensure_running(workspace, ["run.attempts=1000"])
    enqueue(workspace, noop_grid(TRIALS, epochs=EPOCHS))
    for _ in range(6):
        time.sleep(chance.uniform(0.05, 0.7))
        for module in victims:
            kill_one(workspace, module, chance)
        ensure_running(workspace, ["run.attempts=1000"])
    wait_until(lambda: is_through(workspace), 180)
    each_trial_once(workspace)
    assert ask(workspace, "status")["trials"]["failed"] == 0


def test_workers_go_on_without_a_daemon_and_the_next_one_adopts_them(workspace):
    ensure_running(workspace)
    enqueue(workspace, noop_grid(TRIALS, epochs=EPOCHS))
    wait_until(lambda: finished(workspace) > 100)
    before = {process.pid: process.create_time() for process in processes(workspace, "pft_tui.worker")}
    assert len(before) == 2
    os.kill(ask(workspace, "status")["pid"], signal.SIGKILL)
    wait_until(lambda: not is_running(workspace))
    with pytest.raises(DaemonError):
        ask(workspace, "status")
    ensure_running(workspace)
    status = ask(workspace, "status")
    assert {slot["pid"] for slot in status["slots"]} == set(before)
    wait_done(workspace)
    each_trial_once(workspace)
    assert sql(workspace, "select count(*) from events where kind = 'worker_lost'") == [(0,)]
    assert sql(workspace, "select max(attempts) from trials") == [(1,)]


def test_a_job_that_is_retried_when_the_daemon_is_killed_runs_at_once(workspace):
    """The retry is in the store, and the worker that has failed the job before is still there."""
    ensure_running(workspace, ["run.cpu_slots=1"])
    enqueue(workspace, noop_grid(3, method="constant"))  # no listing: they fail
    assert wait_done(workspace)["trials"]["failed"] == 3
    [worker] = processes(workspace, "pft_tui.worker")
    os.kill(ask(workspace, "status")["pid"], signal.SIGKILL)
    wait_until(lambda: not is_running(workspace))
    retried_at = time.time()
    with contextlib.closing(Store.open(workspace)) as store:
        assert len(store.change(actions.retry, Selection(states=("failed",)))) == 3
    ensure_running(workspace, ["run.cpu_slots=1"])
    assert wait_done(workspace)["trials"]["failed"] == 3
    assert [slot["pid"] for slot in ask(workspace, "status")["slots"]] == [worker.pid]
    jobs = ask(workspace, "jobs")["jobs"]
    assert [job["attempts"] for job in jobs] == [1, 1, 1]
    assert min(job["started_at"] for job in jobs) > retried_at


def worker_at_work(workspace):
    """A worker that is held (SIGSTOP) just after it began its first bundle."""
    spool = wait_until(
        lambda: next((path for path in workspace.spool.iterdir() if path.stat().st_size), None)
    )
    [worker] = [
        process
        for process in processes(workspace, "pft_tui.worker")
        if process.info["cmdline"][4] == spool.stem
    ]
    worker.suspend()
    return worker


def test_a_worker_that_dies_loses_only_the_trial_at_hand(daemon):
    enqueue(daemon, noop_grid(TRIALS, epochs=EPOCHS))
    worker_at_work(daemon).kill()
    wait_done(daemon)
    each_trial_once(daemon)
    assert sql(daemon, "select count(*) from events where kind = 'worker_lost'") == [(1,)]
    assert sql(daemon, "select count(*) from trials where attempts > 1")[0][0] <= 1


def test_a_worker_that_hangs_is_replaced(workspace):
    # Those that do not hang may be silent for so long too where the machine is busy: they get other attempts.
    ensure_running(workspace, ["run.silence=0.03", "run.attempts=1000"])
    enqueue(workspace, noop_grid(400, epochs=EPOCHS))
    hung = worker_at_work(workspace)
    # Held as it is, it cannot hear SIGINT and SIGTERM: it takes SIGKILL to its process group.
    status = wait_done(workspace)
    assert status["trials"]["finished"] == 400
    assert hung.pid not in {slot["pid"] for slot in status["slots"]}
    each_trial_once(workspace, 400)
    lost = dict(sql(workspace, "select subject, detail from events where kind = 'worker_lost'"))
    assert "reported nothing" in lost[hung.info["cmdline"][4]]


@contextlib.contextmanager
def shell_on(database, **options):
    """A process that holds a database open, as a user's shell does."""
    opened = f"duckdb.connect({str(database)!r}, **{options})"
    program = f"import duckdb, sys; held = {opened}; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as shell:
        assert shell.stdout.readline() == b"\n"
        yield shell
        shell.stdin.close()


def test_a_shell_on_the_snapshot_blocks_nothing(daemon):
    enqueue(daemon, noop_grid(400))
    wait_until(daemon.snapshot.exists)
    with shell_on(daemon.snapshot, read_only=True):
        wait_done(daemon)
        each_trial_once(daemon, 400, 60)


def test_who_opens_the_store_is_told_of_the_daemon(daemon):
    pid = ask(daemon, "status")["pid"]
    with pytest.raises(duckdb.Error, match=rf"PID {pid}"):
        duckdb.connect(str(daemon.store), read_only=True)


def test_a_user_who_holds_the_store_is_named(workspace):
    ensure_running(workspace)
    ask(workspace, "down", now=True)
    wait_until(lambda: not processes(workspace, "pft_tui.daemon"))
    with shell_on(workspace.store) as shell, pytest.raises(DaemonError, match=rf"process {shell.pid}"):
        ensure_running(workspace)


@pytest.fixture
def small_disk(workspace):
    """The workspace's private folder on a file system of 24 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    workspace.private.mkdir(mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", str(workspace.private)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield workspace
    for module in ("pft_tui.daemon", "pft_tui.worker"):
        for process in processes(workspace, module):
            process.kill()
    wait_until(lambda: not processes(workspace, "pft_tui.daemon") + processes(workspace, "pft_tui.worker"))
    command = ["umount", "--lazy", str(workspace.private)]  # their threads may hold files a moment longer
    wait_until(lambda: subprocess.run(command, capture_output=True).returncode == 0)


def test_a_full_disk_is_waited_for_and_nothing_is_lost(small_disk):
    ensure_running(small_disk)
    enqueue(small_disk, noop_grid(1500, epochs=EPOCHS))
    wait_until(lambda: finished(small_disk) > 50)
    workers = processes(small_disk, "pft_tui.worker")
    for worker in workers:
        worker.suspend()  # so that the grid cannot be through before the disk is full
    ballast = small_disk.private / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    for worker in workers:
        worker.resume()
    wait_until(lambda: "no room" in (ask(small_disk, "status")["obstacle"] or ""))
    ballast.unlink()
    wait_until(lambda: ask(small_disk, "status")["obstacle"] is None)
    wait_done(small_disk)
    each_trial_once(small_disk, 1500)
