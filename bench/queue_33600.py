"""How long it takes to queue the paper's experiment, and to ask about it: `python bench/queue_33600.py`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from queue_work import (
    Row,
    cpu_seconds,
    daemon,
    enqueue,
    milliseconds,
    noop_grid,
    p95,
    paper_grid,
    row,
    show,
)

from pft_tui.daemon.client import ask
from pft_tui.grid import Grid
from pft_tui.paths import Workspace

PFT = [sys.executable, "-c", "from pft_tui.cli.main import main; main()"]
RUNS = 15
PAGES = 50
SHARE = 500
SELECTIONS: dict[str, dict[str, object]] = {
    "the first page of 50 jobs": {},
    "a page of 50 jobs, deep in": {"skip": 20_000},
    "a page of one model and k": {"jobs": {"models": ["iemocap+msp_podcast"], "shots": [8]}},
    "a page of one speaker and emotion": {"jobs": {"speakers": ["0003"], "emotions": ["Sad"]}, "skip": 100},
    "a page by descending priority": {"by": "priority", "descending": True, "skip": 20_000},
}


def main() -> None:
    """Measure and show."""
    show("Queueing 33,600 trials and 15 pre-finetunings", [*at_once(paper_grid()), *in_parts()])


def at_once(grid: Grid) -> list[Row]:
    """Queue the whole grid, then ask about it."""
    with daemon() as workspace:
        ask(workspace, "pause")
        began = time.perf_counter()
        enqueue(workspace, grid)
        queued = time.perf_counter() - began
        began = time.perf_counter()
        enqueue(workspace, grid)
        again = time.perf_counter() - began
        pages = [line for words, asked in SELECTIONS.items() for line in page(workspace, words, asked)]
        status = milliseconds(lambda: ask(workspace, "status"), 50)
        shell = [*PFT, "status", "--workspace", str(workspace.root)]
        bare = [sys.executable, "-c", "import typer"]
        command = milliseconds(lambda: subprocess.run(shell, capture_output=True, check=True), RUNS)
        typer = milliseconds(lambda: subprocess.run(bare, check=True), RUNS)
    return [
        row("hand the grid over and queue it", queued, "s", 2),
        row("hand the same grid over again", again, "s"),
        *pages,
        row("status over the socket, median", statistics.median(status), "ms"),
        row("`pft status` beyond `import typer`, best of each", min(command) - min(typer), "ms", 150),
    ]


def page(workspace: Workspace, words: str, asked: dict[str, object]) -> list[Row]:
    """What one page costs on the wall and in the daemon."""
    before = cpu_seconds(workspace)
    taken = milliseconds(lambda: ask(workspace, "jobs", limit=50, **asked), PAGES)
    spent = 1000 * (cpu_seconds(workspace) - before) / PAGES
    return [
        row(f"{words}, median", statistics.median(taken), "ms", 50),
        row(f"{words}, p95", p95(taken), "ms"),
        row(f"{words}, processor time of the daemon", spent, "ms"),
    ]


def in_parts() -> list[Row]:
    """Queue five times 500 trials, as pueue was measured (Nukesor/pueue#573), then some one by one."""
    trials = noop_grid(5 * SHARE + RUNS).trials
    with daemon() as workspace:
        ask(workspace, "pause")
        taken = [
            milliseconds(lambda: enqueue(workspace, Grid((), (), trials[part * SHARE :][:SHARE])), 1)[0]  # noqa: B023
            for part in range(5)
        ]
        rest = iter(trials[5 * SHARE :])
        singly = milliseconds(lambda: enqueue(workspace, Grid((), (), (next(rest),))), RUNS)
    return [
        row(f"the first {SHARE} trials of a paused queue", taken[0], "ms"),
        row(f"the fifth {SHARE} trials of a paused queue", taken[-1], "ms"),
        row("one more trial, median", statistics.median(singly), "ms"),
    ]


if __name__ == "__main__":
    main()
