"""One model is pre-finetuned by two slots together, through the real commands and processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest
from noop_grids import PFT
from small_workspaces import SETTINGS, Pft, environment, make_workspace

from pft_tui.daemon.client import ask
from pft_tui.paths import CHECKPOINT, Workspace

TOGETHER = ("--set", "run.devices_per_model=2")
ONE_TRIAL = 'speakers = ["0001"]\nemotions = ["happy"]\n'
ONE_MODEL = f"{ONE_TRIAL}subsets = ['iemocap']\n[run]\nattempts = 9\n"
LONG = SETTINGS.replace("epochs = 2", "epochs = 60\npatience = 60").replace("[run]\n", ONE_MODEL)
# Each pair of ranks loads its own torch twice, which takes a while on a machine that is busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def sql(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
        return connection.execute(statement).fetchall()


def wait_for(condition: Any, seconds: float = 300) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def workers(folder: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if (process.info["cmdline"] or [])[1:4] == ["-m", "pft_tui.worker", str(folder)]
    ]


def ranks(folder: Path) -> list[psutil.Process]:
    """The processes that train a model together, the first of them first."""
    found = []
    for worker in workers(folder):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [child for child in worker.children() if "spawn_main" in " ".join(child.cmdline())]
    return sorted(found, key=lambda process: process.create_time())


def train_on(folder: Path) -> list[psutil.Process]:
    """The two ranks, once they have come further than they were."""
    [checkpoint] = [model / CHECKPOINT for model in Workspace(folder).models.iterdir()]
    before = checkpoint.stat().st_mtime_ns
    wait_for(lambda: checkpoint.stat().st_mtime_ns > before)
    return wait_for(lambda: len(found := ranks(folder)) == 2 and found)


def first_epoch(folder: Path) -> None:
    wait_for(lambda: list(Workspace(folder).models.glob(f"*/{CHECKPOINT}")))


@pytest.fixture
def long(tmp_path: Path, corpora: dict[str, Path]) -> Any:
    """A workspace with one model to pre-finetune for long and one trial; nobody is left behind in it."""
    folder = make_workspace(tmp_path / "work", corpora, LONG)
    yield folder
    for process in workers(folder) + ranks(folder):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def test_two_slots_together_train_the_models_that_one_trains(
    tmp_path: Path, corpora: dict[str, Path], pft: Pft
) -> None:
    settings = SETTINGS.replace("[run]\n", f"{ONE_TRIAL}subsets = ['iemocap+mandarin_as']\n[run]\n")
    one, two = (make_workspace(tmp_path / name, corpora, settings) for name in ("one", "two"))
    assert pft(one, "run").returncode == 0
    run = pft(two, "run", *TOGETHER, "--set", "run.cpu_slots=3")
    assert run.returncode == 0, run.stderr
    numbers = "select model_id, val_loss, epochs, best_epoch from models where n_corpora > 0 order by all"
    [(model, loss, *epochs)] = sql(one, numbers)
    assert sql(two, numbers) == [(model, pytest.approx(loss, rel=1e-4), *epochs)]
    devices = "select distinct starts_with(device, '2 × ') from models where n_corpora > 0"
    assert sql(two, devices) == [(True,)]
    trials = "select trial_id from trials where status = 'finished' order by all"
    assert sql(two, trials) == sql(one, trials) != []
    # Who trained a model is no part of it: what is there does not run again.
    before = sql(two, "select max(finished_at) from jobs")
    assert pft(two, "run").returncode == 0
    assert sql(two, "select max(finished_at) from jobs") == before


def test_whatever_is_killed_nobody_is_left_and_the_model_goes_on(long: Path, pft: Pft) -> None:
    """SIGKILL of either rank and of the worker, each of which is an attempt; then SIGTERM to the run."""
    run = subprocess.Popen([*PFT, "run", *TOGETHER], cwd=long, env=environment(), stderr=subprocess.DEVNULL)
    try:
        first_epoch(long)
        for victim in (1, 0):
            found = train_on(long)
            found[victim].kill()
            wait_for(lambda found=found: not any(process.is_running() for process in found))
        found, [worker] = train_on(long), workers(long)
        worker.kill()
        wait_for(lambda: not any(process.is_running() for process in found))
        found = train_on(long)
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=60) == 130
    finally:
        run.kill()
        run.wait()
    assert not any(process.is_running() for process in found)
    assert workers(long) == []
    job = "select state, attempts from jobs where kind = 'prefinetune'"
    assert sql(long, job) == [("queued", 3)]  # to be ended with the run is no attempt

    last = pft(long, "run")  # alone, from where two stopped
    assert last.returncode == 0, last.stderr
    assert sql(long, "select status, epochs from models where n_corpora = 1") == [("finished", 60)]
    curve = (
        "select count(*), count(distinct epoch), max(epoch) from metrics where name = 'val_macro_f1/iemocap'"
    )
    assert sql(long, curve) == [(60, 60, 60)]


def test_the_daemon_says_who_trains_with_whom_and_a_paused_slot_is_not_waited_for(
    long: Path, pft: Pft
) -> None:
    place = Workspace(long)
    assert pft(long, "up", *TOGETHER).returncode == 0
    try:
        assert pft(long, "queue", *TOGETHER).returncode == 0
        first_epoch(long)
        train_on(long)
        helper, lead = sorted(ask(place, "status")["slots"], key=lambda slot: slot["jobs_left"])
        assert (helper["state"], helper["lent_to"], helper["worker"]) == ("busy", lead["slot"], None)
        words = f"slot {helper['slot']} on cpu: busy with the job of slot {lead['slot']}\n"
        assert words in pft(long, "status").stdout

        os.kill(ask(place, "status")["pid"], signal.SIGKILL)
        wait_for(lambda: pft(long, "up", *TOGETHER).returncode == 0)
        again = ask(place, "status")["slots"]
        assert sorted(again, key=lambda slot: slot["jobs_left"]) == [helper, lead]

        ask(place, "pause", slot=helper["slot"], now=True)
        wait_for(lambda: not ranks(long))
        wait_for(lambda: [slot["job"] for slot in ask(place, "status")["slots"]].count(lead["job"]) == 1)
        assert ranks(long) == []
        ask(place, "resume")
        assert pft(long, "cancel", "--kind", "prefinetune", "--yes").returncode == 0
        wait_for(lambda: ask(place, "status")["done"])
    finally:
        pft(long, "down", "--now")


def test_more_devices_than_there_are_is_an_error_that_says_how_many_there_are(long: Path, pft: Pft) -> None:
    run = pft(long, "run", "--set", "run.devices_per_model=3")
    assert run.returncode == 1
    assert "run.devices_per_model asks for 3 devices, but the run has 2" in run.stderr
