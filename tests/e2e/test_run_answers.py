"""A run in the foreground answers as the daemon does: watched, paused, resumed and ended from outside."""

import os
import signal
import subprocess
import threading
import time

import duckdb
import pytest
from noop_grids import PFT
from small_workspaces import environment

from pft_tui.cli.run import ended_between_steps
from pft_tui.daemon.client import ask, is_running
from pft_tui.paths import Workspace


def wait_for(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def started(folder):
    return subprocess.Popen(
        [*PFT, "run"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_run_that_is_told_to_end_ends_between_two_statements():
    sum_of_products = "select sum(a.range * b.range) from range(30000) a, range(30000) b"
    rested = []
    with ended_between_steps(rested.append) as rest:
        rest(0.1)
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        began = time.monotonic()
        assert duckdb.sql(sum_of_products).fetchall()
        assert time.monotonic() - began > 0.05
        with pytest.raises(KeyboardInterrupt):
            rest(0.2)
    assert rested == [0.1, 0.2]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_run_that_was_told_to_ignore_hangups_goes_on():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with ended_between_steps(lambda _: os.kill(os.getpid(), signal.SIGHUP)) as rest:
            rest(0.1)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_run_is_watched_paused_resumed_and_ended_from_outside(workspace, pft):
    place = Workspace(workspace)
    run = started(workspace)
    try:
        wait_for(lambda: place.private.is_dir() and is_running(place))
        status = ask(place, "status")
        assert status["pid"] == run.pid
        assert "trials" in pft(workspace, "status").stdout
        wait_for(lambda: ask(place, "overview")["progress"]["trials"]["finished"] >= 3)

        assert pft(workspace, "pause").returncode == 0
        wait_for(lambda: all(slot["state"] in ("paused", "idle") for slot in ask(place, "status")["slots"]))
        finished = ask(place, "status")["trials"]["finished"]
        time.sleep(1.0)
        assert ask(place, "status")["trials"]["finished"] == finished
        assert run.poll() is None
        assert pft(workspace, "resume").returncode == 0
        wait_for(lambda: ask(place, "status")["trials"]["finished"] > finished)

        ended = pft(workspace, "down", "--now")
        assert ended.returncode == 0, ended.stderr
        _, words = run.communicate(timeout=60)
        assert run.returncode == 130, words
        assert "`pft run` goes on" in words
        assert not place.socket.exists()
    finally:
        if run.poll() is None:
            os.kill(run.pid, 9)
            run.communicate()
    again = pft(workspace, "run")
    assert again.returncode == 0, again.stderr
    assert not place.socket.exists()
