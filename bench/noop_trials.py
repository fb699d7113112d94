"""What everything around a trial costs: `python bench/noop_trials.py` runs up to 100,000 that do nothing."""

from __future__ import annotations

import time

import duckdb
import psutil
from queue_work import Row, cpu_seconds, daemon, enqueue, noop_grid, row, show

from pft_tui.daemon.client import ask

SLOTS = 2
EPOCHS = 60
SIZES = (10_000, 33_600, 100_000)


def run(trials: int) -> list[Row]:
    """Run so many trials through queue, workers, spools, store and snapshot."""
    with daemon(SLOTS) as workspace:
        process = psutil.Process(ask(workspace, "status")["pid"])
        began, most, spent = time.perf_counter(), 0, cpu_seconds(workspace)
        enqueue(workspace, noop_grid(trials))
        while not ask(workspace, "status")["done"]:
            most = max(most, process.memory_info().rss)
            time.sleep(0.2)
        ask(workspace, "publish")
        seconds, spent = time.perf_counter() - began, cpu_seconds(workspace) - spent
        with duckdb.connect(str(workspace.snapshot), read_only=True) as snapshot:
            counted = snapshot.execute(
                "select count(*), (select count(*) from trials where status = 'finished') from metrics"
            ).fetchone()
    assert counted == (trials * EPOCHS, trials), counted
    return [
        row(f"{trials} trials, each", 1000 * seconds / trials, "ms", 5),
        row(f"{trials} trials, each, processor time of the daemon", 1000 * spent / trials, "ms"),
        row(f"{trials} trials, memory of the daemon", most / 2**20, "MiB", 300),
        row(f"{trials} trials, metric rows stored", trials * EPOCHS, "rows"),
    ]


def main() -> None:
    """Measure and show."""
    show("Trials that do nothing", [measured for size in SIZES for measured in run(size)])


if __name__ == "__main__":
    main()
