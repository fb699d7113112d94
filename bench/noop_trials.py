"""What everything around a trial costs: `python bench/noop_trials.py` runs thousands that do nothing.

`python bench/noop_trials.py 100000 --seconds 60` feeds one daemon for a minute, as fast as it can take it.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import duckdb
import psutil
from queue_work import Row, enqueue, noop_grid, row, show, workspace_of
from timed_daemon import timed_daemon

from pft_tui.daemon.client import ask
from pft_tui.paths import Workspace

TITLE = "Trials that do nothing"
EPOCHS = 60
SIZES = (10_000, 33_600, 100_000)
WARM = 105


def run(trials: int, workers: int, most_seconds: float) -> list[Row]:
    """Run so many trials, or as many as there is time for, from queue to snapshot."""
    with workspace_of(workers) as workspace, timed_daemon(workspace) as told:
        enqueue(workspace, noop_grid(WARM * workers))
        while not ask(workspace, "status")["done"]:
            time.sleep(0.1)
        enqueue(workspace, noop_grid(WARM * workers + trials))
        before, began = spent(workspace, told), time.perf_counter()
        while not ask(workspace, "status")["done"] and time.perf_counter() < began + most_seconds:
            time.sleep(0.5)
        after, seconds = spent(workspace, told), time.perf_counter() - began
        finished = after.pop("trials") - before["trials"]
        check(workspace)
        most = json.loads(told.read_text())["most_bytes"] / 2**20
    each = {who: 1000 * (took - before.get(who, 0.0)) / finished for who, took in after.items()}
    return [
        row(f"{trials} trials queued, {workers} workers, run in {seconds:.0f} s", finished, ""),
        row("  in a second", finished / seconds, "/s", 1000),
        *(row(f"  processor time of {who}, each", took, "ms") for who, took in each.items()),
        row("  memory of the daemon", most, "MiB", 300),
    ]


def spent(workspace: Workspace, told: Path) -> dict[str, float]:
    """How many trials have finished, and the seconds of the processor so far by who spent them."""
    status = ask(workspace, "status")
    times = psutil.Process(status["pid"]).cpu_times()
    workers = [psutil.Process(slot["pid"]).cpu_times() for slot in status["slots"] if slot["pid"]]
    parts = json.loads(told.read_text())["seconds"]
    return {
        "trials": status["trials"]["finished"],
        "the workers": sum(each.user + each.system for each in workers),
        "copying for the snapshot": times.children_user + times.children_system,
        "the daemon": times.user + times.system,
        **{f"the daemon, {part}": took for part, took in parts.items()},
    }


def check(workspace: Workspace) -> None:
    """Every trial that has finished is there once, with all its epochs, and no other."""
    ask(workspace, "pause")
    while ask(workspace, "status")["trials"]["running"]:
        time.sleep(0.1)
    ask(workspace, "publish")
    with duckdb.connect(str(workspace.snapshot), read_only=True) as snapshot:
        found = snapshot.execute(
            "select (select count(*) from metrics), count(*), count(distinct trial_id) "
            "from trials where status = 'finished'"
        ).fetchone()
    assert found == (found[1] * EPOCHS, found[1], found[1]), found


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=TITLE)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="how many trials to queue")
    parser.add_argument("--workers", type=int, default=2, help="how many processes run them")
    parser.add_argument("--seconds", type=float, default=600.0, help="the most that a size may take")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    rows = [line for size in asked.sizes for line in run(size, asked.workers, asked.seconds)]
    show(TITLE, rows, as_json=asked.json)


if __name__ == "__main__":
    main()
