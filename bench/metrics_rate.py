"""Metrics at 5,000 rows a second while questions are asked: `python bench/metrics_rate.py`."""

from __future__ import annotations

import statistics
import threading
import time

from queue_work import cpu_seconds, daemon, enqueue, noop_grid, p95, row, show

from pft_tui.daemon.client import ask
from pft_tui.events import Metrics, Spool
from pft_tui.paths import Workspace

ROWS_PER_SECOND = 5000
BATCHES_PER_SECOND = 4
SECONDS = 30
SPOOLS = 4
EPOCHS = 6


def write(workspace: Workspace, stop: threading.Event) -> None:
    """Append metrics to some spools, as many workers would, at the wanted rate: a few epochs to a line."""
    spools = [Spool(workspace.spool / f"bench-{number}.jsonl") for number in range(SPOOLS)]
    share = ROWS_PER_SECOND // BATCHES_PER_SECOND // SPOOLS // EPOCHS
    began, batch = time.monotonic(), 0
    while not stop.is_set():
        for number, spool in enumerate(spools):
            epochs, now = list(range(EPOCHS * batch, EPOCHS * (batch + 1))), time.time()
            spool.append(
                Metrics(f"run-{number}-{run}", epochs, epochs, {"loss": [0.5] * EPOCHS}, [now] * EPOCHS)
                for run in range(share)
            )
        batch += 1
        time.sleep(max(0.0, began + batch / BATCHES_PER_SECOND - time.monotonic()))


def main() -> None:
    """Measure and show."""
    stop = threading.Event()
    with daemon() as workspace:
        ask(workspace, "pause")
        enqueue(workspace, noop_grid(33_600))
        writer = threading.Thread(target=write, args=(workspace, stop))
        writer.start()
        answers, publishing, end = [], [], time.monotonic() + SECONDS
        before = cpu_seconds(workspace)
        while time.monotonic() < end:
            began = time.perf_counter()
            ask(workspace, "status")
            answers.append(1000 * (time.perf_counter() - began))
            if len(answers) % 40 == 0:
                began = time.perf_counter()
                ask(workspace, "publish")
                publishing.append(1000 * (time.perf_counter() - began))
            time.sleep(0.05)
        spent = cpu_seconds(workspace) - before
        stop.set()
        writer.join()
        lag = sum(path.stat().st_size for path in workspace.spool.glob("bench-*"))
    show(
        f"Metrics at {ROWS_PER_SECOND} rows/s for {SECONDS} s",
        [
            row("status over the socket meanwhile, median", statistics.median(answers), "ms"),
            row("status over the socket meanwhile, p95", p95(answers), "ms", 20),
            row("publishing meanwhile, median", statistics.median(publishing), "ms", 300),
            row("publishing meanwhile, most", max(publishing), "ms"),
            row("the daemon's share of a core", 100 * spent / SECONDS, "%"),
            row("written to the spools", lag / 2**20, "MiB"),
        ],
    )


if __name__ == "__main__":
    main()
