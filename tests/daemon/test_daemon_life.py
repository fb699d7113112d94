"""The daemon begins, answers, runs what is queued and ends; there is one at a time, and the user's alone."""

import json
import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest
from noop_grids import PFT, SETTINGS, enqueue, finished, noop_grid, processes, sql, wait_done, wait_until

from pft_tui.daemon.client import DaemonError, ask, ensure_running, is_running, log_file
from pft_tui.paths import Workspace


def test_up_runs_what_is_queued_and_down_leaves_nothing_behind(workspace, pft):
    up = pft("up")
    assert up.returncode == 0
    assert "has started" in up.stderr
    assert "runs already" in pft("up").stderr
    queued = enqueue(workspace, noop_grid(200))
    assert queued["trials"]["added"] == 200
    assert pft("wait").returncode == 0
    assert finished(workspace) == 200
    ask(workspace, "publish")
    assert sql(
        workspace, "select count(*), count(distinct trial_id) from trials where status = 'finished'"
    ) == [(200, 200)]
    assert sql(workspace, "select count(*) from metrics") == [(200 * 60,)]
    assert pft("down").stderr == "nothing runs here any more\n"
    assert not is_running(workspace)
    assert processes(workspace, "pft_tui.worker") == []
    wait_until(lambda: not processes(workspace, "pft_tui.daemon"))  # Python takes a moment to end


def test_queueing_twice_queues_nothing_twice(daemon):
    enqueue(daemon, noop_grid(40))
    wait_done(daemon)
    again = enqueue(daemon, noop_grid(50))
    assert (again["trials"]["added"], again["trials"]["finished"]) == (10, 40)
    assert wait_done(daemon)["trials"] == {
        "total": 50,
        "finished": 50,
        "failed": 0,
        "running": 0,
        "queued": 0,
    }


def test_status_says_how_things_are_and_starts_nothing(workspace, pft):
    assert "no daemon runs" in pft("status").stdout
    assert json.loads(pft("status", "--json").stdout)["running"] is False
    assert not is_running(workspace)
    ensure_running(workspace)
    enqueue(workspace, noop_grid(40))
    wait_done(workspace)
    shown = json.loads(pft("status", "--json").stdout)
    assert shown["trials"]["finished"] == 40
    assert len(shown["slots"]) == 2
    assert "nothing to do" in pft("status").stdout


def test_status_imports_nothing_heavy(daemon):
    program = (
        "import sys; from pft_tui.cli.main import app; "
        f"app(['status', '-w', {str(daemon.root)!r}], standalone_mode=False); "
        "print(sorted({'torch', 'duckdb', 'textual', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def test_socket_and_store_are_the_users_alone(daemon):
    enqueue(daemon, noop_grid(10))
    wait_done(daemon)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in daemon.private.iterdir()}
    assert stat.S_IMODE(daemon.private.stat().st_mode) == 0o700
    assert modes["daemon.sock"] == modes["store.duckdb"] == 0o600


def test_a_second_daemon_is_refused_with_the_pid_of_the_first(daemon):
    pid = ask(daemon, "status")["pid"]
    second = subprocess.run(
        [sys.executable, "-m", "pft_tui.daemon", str(daemon.root)], capture_output=True, text=True, timeout=30
    )
    assert second.returncode == 1
    assert f"process {pid}" in second.stderr
    assert ask(daemon, "status")["pid"] == pid


def test_of_many_that_start_at_once_one_serves_all(workspace):
    starts = [
        subprocess.Popen([*PFT, "up"], cwd=workspace.root, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [start.communicate(timeout=60)[1] for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], said
    assert len(processes(workspace, "pft_tui.daemon")) == 1


def test_a_stale_socket_and_a_pid_used_again_stand_in_nobodys_way(workspace):
    workspace.make_folders()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(workspace.socket))
    workspace.owner_lock.write_text(f"{os.getpid()}\n")  # a living process, but not one that holds the lock
    assert not is_running(workspace)
    assert ensure_running(workspace)
    assert ask(workspace, "status")["pid"] != os.getpid()


def test_a_deep_folder_has_a_socket_too(tmp_path):
    folder = tmp_path / ("deep" * 20) / ("deeper" * 20)
    folder.mkdir(parents=True)
    (folder / "pft.toml").write_text(SETTINGS)
    deep = Workspace(folder)
    assert len(str(deep.socket)) > 200
    ensure_running(deep)
    ask(deep, "down", now=True)
    wait_until(lambda: not processes(deep, "pft_tui.daemon"))


def test_one_that_cannot_start_shows_why(workspace):
    workspace.make_folders()
    workspace.store.write_text("this is no database, though it is long enough to be read as one" * 100)
    with pytest.raises(DaemonError, match=r"store\.duckdb is damaged"):
        ensure_running(workspace)


def test_wrong_settings_are_named_before_anything_starts(workspace, pft):
    refused = pft("up", "--set", "run.cpu_slotz=3")
    assert refused.returncode == 2
    assert "cpu_slots" in refused.stderr
    assert not is_running(workspace)


def test_without_a_daemon_requests_say_how_to_start_one(workspace):
    workspace.make_folders()
    with pytest.raises(DaemonError, match="pft up"):
        ask(workspace, "status")


def test_it_outlives_the_terminal_that_started_it(workspace):
    """`pft up` in a real terminal, which then closes: SIGHUP goes to all that are left in its session."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(workspace.root)
        os.execv("/bin/sh", ["sh", "-c", '"$@"; sleep 60', "sh", *PFT, "up"])
    wait_until(lambda: is_running(workspace))
    enqueue(workspace, noop_grid(1500))
    wait_until(lambda: finished(workspace) > 50)
    os.close(terminal)
    os.kill(child, signal.SIGHUP)
    os.waitpid(child, 0)
    assert wait_done(workspace)["trials"]["finished"] == 1500


def test_hangup_does_nothing_and_terminate_ends_it_at_once(daemon):
    enqueue(daemon, noop_grid(8_000))
    wait_until(lambda: finished(daemon) > 50)
    pid = ask(daemon, "status")["pid"]
    os.kill(pid, signal.SIGHUP)
    time.sleep(0.3)
    assert ask(daemon, "status")["pid"] == pid
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not processes(daemon, "pft_tui.daemon"))
    assert processes(daemon, "pft_tui.worker") == []
    states = sql(daemon, "select distinct status from trials order by all")
    assert states == [("finished",), ("queued",)]
    assert "has ended" in log_file(daemon).read_text()
