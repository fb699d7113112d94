"""The dashboard through a real pseudo-terminal: first paint, keys, and bytes to the terminal.

    python bench/dashboard.py [--json] [--workspace FOLDER] [start | keys | screens | idle | live ...]

On 33,600 finished trials with 10 million metric rows, and on a running grid for the live figure; all parts
unless some are named. The workspace is made in FOLDER (by default a temporary one) unless it is there
already. Bytes are all that the dashboard writes to its terminal, as they would travel over SSH.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from queue_work import Row, daemon, enqueue, noop_grid, p95, row, show
from views import make_workspace

from pft_tui.daemon.client import ask, ensure_running
from pft_tui.paths import Workspace

COLUMNS, LINES = 120, 40
PFT = (sys.executable, "-c", "from pft_tui.cli.main import main; main()")
QUIET_SECONDS = 0.15
PATIENCE_SECONDS = 20.0
STARTS = 5
BEFORE_KEYS = 3.0  # seconds between the first figures on screen and the first key
ROUNDS = 4
WATCH_SECONDS = 15.0
NOOP_TRIALS = 100_000  # more than two workers run while they are watched
# What each screen alone has on it: that it was painted is seen by that.
SCREENS = {"1": "Macro F1", "2": "by number", "3": "Pre-finetuned on", "4": "Ablation", "5": "Tables and"}
# What the keys are tried on: the screen's digit, then keys that move about in it.
KEYS = {
    "a key on Queue": ("2", ["\x1b[B", "\x1b[6~", "\x1b[A", "\x1b[5~"] * 6),
    "a key on Trials": ("3", ["\x1b[B", "\x1b[6~", "\x1b[A", "\x1b[5~"] * 6),
    "a key on Results": ("4", ["\x1b[B", "\x1b[A"] * 6),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Milliseconds from a key to its screen's first byte, to what it alone has, and to its last byte."""

    first: float
    painted: float
    last: float


class Terminal:
    """A pseudo-terminal with a dashboard in it, as wide as most are."""

    def __init__(self, workspace: Workspace, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._seen = b""
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [*PFT, "dash", *arguments],
            cwd=workspace.root,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )
        os.close(slave)

    def read(self, seconds: float) -> bytes:
        """What it writes within so many seconds; empty where it writes nothing."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        return os.read(self._master, 1 << 16) if ready else b""

    def until(self, words: bytes, seconds: float = 20.0) -> float:
        """The seconds since its start until it has written these words."""
        deadline = time.perf_counter() + seconds
        while words not in self._seen:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{words!r} was not written")
            self._seen += self.read(0.1)
        return time.perf_counter() - self.began

    def settle(self) -> None:
        """Wait until it has been quiet for a while."""
        while self.read(QUIET_SECONDS):
            pass

    def press(self, key: str) -> float | None:
        """Milliseconds from a key to its answer on the terminal; None where nothing changed."""
        self.settle()
        began = time.perf_counter()
        os.write(self._master, key.encode())
        return 1000 * (time.perf_counter() - began) if self.read(1.0) else None

    def show(self, key: str) -> Shown:
        """Press a screen's key, and watch its screen come."""
        self.settle()
        began, seen = time.perf_counter(), b""
        os.write(self._master, key.encode())
        first = painted = last = 0.0
        while data := self.read(QUIET_SECONDS if painted else PATIENCE_SECONDS):
            last = 1000 * (time.perf_counter() - began)
            seen += data
            first = first or last
            if not painted and SCREENS[key].encode() in seen:
                painted = last
        if not painted:
            raise TimeoutError(f"{SCREENS[key]!r} was not written after the key {key}")
        return Shown(first, painted, last)

    def count(self, seconds: float) -> int:
        """The bytes that it writes within so many seconds."""
        total, deadline = 0, time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            total += len(self.read(left))
        return total

    def close(self) -> None:
        """End it as a connection that drops does."""
        os.killpg(self._process.pid, signal.SIGHUP)
        self._process.wait(10)
        os.close(self._master)


@contextmanager
def dashboard(workspace: Workspace, *arguments: str) -> Iterator[Terminal]:
    """A dashboard in a terminal, which goes when this ends."""
    terminal = Terminal(workspace, *arguments)
    try:
        yield terminal
    finally:
        terminal.close()


def starts(workspace: Workspace) -> list[Row]:
    """From the command to the first screen, and to the first figures on it."""
    painted, filled = [], []
    for _ in range(STARTS + 1):  # the first one warms the disk's cache
        with dashboard(workspace, "--screen", "live") as terminal:
            painted.append(terminal.until(b"1 Live"))
            filled.append(terminal.until(b"33,600"))
    return [
        row("first paint, median", statistics.median(painted[1:]), "s", 1.0),
        row("33,600 trials on screen, median", statistics.median(filled[1:]), "s"),
    ]


def keys(workspace: Workspace) -> list[Row]:
    """From a key to its answer."""
    rows, within = [], []
    with dashboard(workspace, "--screen", "live") as terminal:
        terminal.until(b"33,600")
        for name, (screen, pressed) in KEYS.items():
            terminal.press(screen)
            time.sleep(2.0)  # what a screen loads at first is not what a key takes
            taken = [found for key in pressed if (found := terminal.press(key)) is not None]
            rows.append(row(f"{name}, median", statistics.median(taken), "ms"))
            within += taken
    return [*rows, row("a key within a screen, p95", p95(within), "ms", 50)]


def screens(workspace: Workspace) -> list[Row]:
    """From a key to another screen, in a few dashboards: when each is shown first, and later."""
    firsts, laters = [], []
    for _ in range(STARTS):
        with dashboard(workspace, "--screen", "live") as terminal:
            terminal.until(b"33,600")
            time.sleep(BEFORE_KEYS)
            for turn in range(ROUNDS):
                for key in "23451":
                    if key == "1":
                        terminal.press("\x1b")  # out of the editor of SQL, where digits are text
                    (laters if turn or key == "1" else firsts).append(terminal.show(key))
    name, both = "a key that shows another screen", [*firsts, *laters]
    return [
        row(f"{name}, median", statistics.median(each.first for each in both), "ms"),
        row(f"{name}, p95", p95([each.first for each in both]), "ms", 50),
        row("the same, the first time, median", statistics.median(each.first for each in firsts), "ms"),
        row("the same, the first time, most", max(each.first for each in firsts), "ms"),
        row("until what that screen alone has is there, p95", p95([each.painted for each in both]), "ms"),
        row("until its last byte, median", statistics.median(each.last for each in both), "ms"),
        row("until its last byte, p95", p95([each.last for each in both]), "ms"),
    ]


def idle(workspace: Workspace) -> list[Row]:
    """Bytes a second to the terminal with nothing going on."""
    with dashboard(workspace, "--screen", "live") as terminal:
        terminal.until(b"33,600")
        time.sleep(3.0)
        terminal.settle()
        rate = terminal.count(WATCH_SECONDS) / WATCH_SECONDS / 1000
    return [row("idle, Live screen", rate, "KB/s", 1)]


def live(_workspace: Workspace) -> list[Row]:
    """Bytes a second with a grid that runs as fast as two workers report, in a workspace of its own."""
    with daemon(slots=2) as workspace:
        enqueue(workspace, noop_grid(NOOP_TRIALS))
        with dashboard(workspace, "--screen", "live") as terminal:
            terminal.until(b"1 Live")
            time.sleep(3.0)
            rate = terminal.count(WATCH_SECONDS) / WATCH_SECONDS / 1000
        if ask(workspace, "status")["done"]:
            raise RuntimeError("the grid was through before the count was; raise NOOP_TRIALS")
    return [row("live, Live screen, two workers at full speed", rate, "KB/s", 20)]


PARTS = {"start": starts, "keys": keys, "screens": screens, "idle": idle, "live": live}


def measure(folder: Path, parts: Sequence[str]) -> Sequence[Row]:
    """The figures of these parts."""
    workspace = make_workspace(folder)
    ensure_running(workspace)
    try:
        return [found for part in parts for found in PARTS[part](workspace)]
    finally:
        ask(workspace, "down", now=True)


def main() -> None:
    """Measure and print what the command line names."""
    title = "The dashboard through a pseudo-terminal"
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--workspace", type=Path, metavar="FOLDER", help="where the trials are, or are made")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as made:
        rows = measure(given.workspace or Path(made), given.parts or list(PARTS))
    show(title, rows, as_json=given.json)


if __name__ == "__main__":
    main()
