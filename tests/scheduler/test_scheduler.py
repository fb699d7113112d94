"""What the scheduler makes of scarce memory, seen on real processes and a real store."""

import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from pft_tui.paths import Workspace
from pft_tui.protocols import Recipe
from pft_tui.scheduler.executor import LocalExecutor
from pft_tui.scheduler.room import Room
from pft_tui.scheduler.run import GridRun
from pft_tui.scheduler.scheduler import Scheduler
from pft_tui.scheduler.seat import Seat
from pft_tui.scheduler.slots import Slot
from pft_tui.settings.model import RunSettings
from pft_tui.specs import CorpusRef, TrialSpec
from pft_tui.store.owner import MOST_LOSSES, Store
from pft_tui.store.read import query
from pft_tui.units import GIB

HUNGRY = Path(__file__).with_name("hungry_worker.py")
FALLING = Path(__file__).with_name("falling_machine.py")


class HungryExecutor(LocalExecutor):
    """Starts workers that run out of memory on slot 1."""

    def _arguments(self, worker_id, slot):
        return [str(HUNGRY), *super()._arguments(worker_id, slot)[2:]]


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "pft.toml").write_text("")
    return Workspace(tmp_path)


def noops(number):
    esd, recipe = CorpusRef("esd", "d"), Recipe(epochs=3)
    return [
        TrialSpec(None, "noop", "paper", recipe, esd, f"{draw % 3}", None, "happy", 2, draw, 0)
        for draw in range(number)
    ]


def run(workspace, slots, trials):
    settings = RunSettings(publish_seconds=0.2, disk_floor=0)
    executor = HungryExecutor(workspace, deterministic=False)
    with closing(Store.open(workspace)) as store:
        store.enqueue([], [], noops(trials), exclusive=True)
        scheduler = Scheduler(store, executor, slots, settings, Room(workspace.private, settings))
        with closing(GridRun(store, scheduler).ticks()) as ticks:
            *_, progress = ticks
    return scheduler, progress.trials


def test_where_memory_runs_out_a_device_gets_a_worker_less_and_the_trials_lose_no_attempt(workspace):
    scheduler, trials = run(workspace, [Slot(0, "cpu", 1), Slot(1, "cpu", 1)], 60)
    assert (trials.finished, trials.failed) == (60, 0)
    assert [seat.slot.index for seat in scheduler.crew.seats] == [0]
    assert query(workspace, "select distinct attempts from trials").rows == [(1,)]
    [(device, detail)] = query(
        workspace, "select subject, detail from events where kind = 'slot_closed'"
    ).rows
    assert (device, detail) == ("cpu", "memory ran out: 1 workers from now on")


def test_with_one_worker_left_running_out_of_memory_is_a_failure(workspace):
    _, trials = run(workspace, [Slot(1, "cpu", 1)], 4)
    assert (trials.finished, trials.failed) == (0, 4)
    rows = query(workspace, "select attempts, error from trials").rows
    assert Counter(rows) == {(2, "OutOfMemoryError: CUDA out of memory"): 4}


def test_a_trial_that_brings_the_machine_down_is_given_up_and_the_others_run(workspace):
    with closing(Store.open(workspace)) as store:
        store.enqueue([], [], noops(3), exclusive=True)
    falls = 0
    while subprocess.run([sys.executable, str(FALLING), str(workspace.root)], timeout=60).returncode:
        falls += 1
        assert falls <= MOST_LOSSES
    assert falls == MOST_LOSSES
    jobs = query(workspace, "select trial, attempts, status, split_part(error, chr(10), 1) from trials").rows
    given_up = (
        "lost 5 times with the node or machine that it was on, so it may be what brings them down; "
        "`pft retry` tries it again"
    )
    let_through = "it was let through"
    assert sorted(jobs) == [
        (0, 0, "failed", given_up),
        (1, 1, "failed", let_through),
        (2, 1, "failed", let_through),
    ]
    lost = query(workspace, "select detail from events where kind = 'worker_lost'").rows
    assert lost == [("it was gone when work went on",)] * MOST_LOSSES


def gpu_seat(index, *, busy):
    worker = SimpleNamespace(worker_id=f"w{index}") if busy else None
    return Seat(Slot(index, "cuda:0", 1), worker=worker, handed=time.time() - 100)


def test_a_gpu_that_others_fill_is_left_alone(tmp_path):
    room = Room(tmp_path, RunSettings(gpu_memory_floor=2, disk_floor=0), lambda _device: GIB)
    seat = gpu_seat(0, busy=False)
    assert room.lacks(seat, [seat]) == "waits for GPU memory (1.0 GiB free on cuda:0, 2.0 GiB wanted)"


def test_automatic_slots_are_filled_while_memory_has_room_for_one_more(tmp_path):
    """An 80 GiB GPU whose workers take 20 GiB each has room for three: a fourth would want 24."""
    free = [80 * GIB]
    room = Room(tmp_path, RunSettings(slots_per_gpu="auto", disk_floor=0), lambda _device: free[0])
    seats = [gpu_seat(index, busy=False) for index in range(5)]
    filled = 0
    while room.lacks(seats[filled], seats) is None:
        seats[filled] = gpu_seat(filled, busy=True)
        filled += 1
        free[0] -= 20 * GIB
    assert filled == 3


def test_a_full_disk_is_a_reason_to_wait(tmp_path):
    room = Room(tmp_path, RunSettings(disk_floor=1e9), lambda _device: None)
    seat = Seat(Slot(0, "cpu", 1))
    assert "waits for room on the disk" in room.lacks(seat, [seat])
