"""How long it takes to queue the paper's experiment, and to ask about it: `python bench/queue_33600.py`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from queue_work import daemon, enqueue, milliseconds, p95, paper_grid, row, show

from pft_tui.daemon.client import ask

PFT = [sys.executable, "-c", "from pft_tui.cli.main import main; main()"]
RUNS = 15


def main() -> None:
    """Measure and show."""
    grid = paper_grid()
    with daemon() as workspace:
        ask(workspace, "pause")
        began = time.perf_counter()
        enqueue(workspace, grid)
        queued = time.perf_counter() - began
        began = time.perf_counter()
        enqueue(workspace, grid)
        again = time.perf_counter() - began
        page = milliseconds(lambda: ask(workspace, "jobs", skip=20_000, limit=50), 50)
        chosen = {"models": ["iemocap+msp_podcast"], "shots": [8]}
        filtered = milliseconds(lambda: ask(workspace, "jobs", jobs=chosen, limit=50), 50)
        status = milliseconds(lambda: ask(workspace, "status"), 50)
        shell = [*PFT, "status", "--workspace", str(workspace.root)]
        bare = [sys.executable, "-c", "import typer"]
        command = milliseconds(lambda: subprocess.run(shell, capture_output=True, check=True), RUNS)
        typer = milliseconds(lambda: subprocess.run(bare, check=True), RUNS)
    show(
        "Queueing 33,600 trials and 15 pre-finetunings",
        [
            row("hand the grid over and queue it", queued, "s", 2),
            row("hand the same grid over again", again, "s"),
            row("a page of 50 jobs, median", statistics.median(page), "ms", 50),
            row("a page of 50 jobs, p95", p95(page), "ms"),
            row("a page of 50 filtered jobs, median", statistics.median(filtered), "ms", 50),
            row("status over the socket, median", statistics.median(status), "ms"),
            row("`pft status` beyond `import typer`, best of each", min(command) - min(typer), "ms", 150),
        ],
    )


if __name__ == "__main__":
    main()
