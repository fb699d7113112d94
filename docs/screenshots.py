"""Draw the README's pictures: the dashboard's screens over an experiment that runs.

    python docs/screenshots.py WORKSPACE FOLDER

`make screenshots` runs it on the demo's workspace. It queues one more draw of each trial, so that something
runs, and takes back what has not run when it is done.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from pft_tui.paths import Workspace
from pft_tui.tui.app import Dashboard
from pft_tui.tui.plot.widget import CurvePlot

SIZE = (120, 36)
MOST_SECONDS = 180.0
PFT = str(Path(sys.executable).with_name("pft"))
MORE = ("--set", "grid.trials=3")


def main() -> None:
    """Take all pictures."""
    workspace, folder = Workspace(Path(sys.argv[1]).absolute()), Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    subprocess.run([PFT, "queue", "--workspace", str(workspace.root), *MORE], check=True)  # noqa: S603
    try:
        asyncio.run(take(workspace, folder))
    finally:
        for end in (("cancel", "--all", "--yes"), ("down", "--now")):
            subprocess.run([PFT, *end, "--workspace", str(workspace.root)], check=True)  # noqa: S603


async def take(workspace: Workspace, folder: Path) -> None:
    """Go through the screens, with the keys that a visitor would press."""
    app = Dashboard(workspace, screen="Live")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: is_at_work(app))
        await still(pilot)
        keep(app, folder / "live.svg")
        await visit(pilot, "2", "end")
        keep(app, folder / "queue.svg")
        await visit(pilot, "3", "s", "down", "enter")
        keep(app, folder / "trials.svg")
        await visit(pilot, "4", "right_square_bracket")
        keep(app, folder / "results.svg")
        await visit(pilot, "5", "f5")
        keep(app, folder / "sql.svg")


async def visit(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, each when what the one before it brought is on screen."""
    for key in keys:
        await pilot.press(key)
        await still(pilot)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait for something to be on screen."""
    deadline = time.monotonic() + MOST_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("nothing has run for long enough to be drawn")
        await pilot.pause(0.2)


async def still(pilot: Pilot[None]) -> None:
    """Wait until the screen has had time to show what there is."""
    await pilot.pause(3.0)


def is_at_work(app: Dashboard) -> bool:
    """Whether trials run, and one has a curve of some epochs."""
    overview = app.pulse.overview if app.pulse else None
    running = overview["progress"]["trials"]["running"] if overview else 0
    return bool(running) and any(
        len(line.x) > 3 for plot in app.screen.query(CurvePlot) for line in plot.series
    )


def keep(app: Dashboard, path: Path) -> None:
    """Write what is on screen. No font is fetched from anywhere: the reader's own will do."""
    picture = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(title="pft"), flags=re.DOTALL)
    path.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
