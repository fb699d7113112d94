"""The dashboard through a real pseudo-terminal: first paint, keys, and bytes to the terminal.

    python bench/dashboard.py [--json]

On 33,600 finished trials with 10 million metric rows, and on a running grid for the live figure. Bytes are
all that the dashboard writes to its terminal, as they would travel over SSH.
"""

from __future__ import annotations

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
from pathlib import Path

from queue_work import Row, daemon, enqueue, noop_grid, p95, row, show
from views import make_workspace

from pft_tui.daemon.client import ask, ensure_running
from pft_tui.paths import Workspace

COLUMNS, LINES = 120, 40
PFT = (sys.executable, "-c", "from pft_tui.cli.main import main; main()")
QUIET_SECONDS = 0.15
STARTS = 5
WATCH_SECONDS = 15.0
NOOP_TRIALS = 30_000
SWITCH = "a key that shows another screen"
# What the keys are tried on: the screen's digit, then keys that move about in it.
KEYS = {
    "a key on Queue": ("2", ["\x1b[B", "\x1b[6~", "\x1b[A", "\x1b[5~"] * 6),
    "a key on Trials": ("3", ["\x1b[B", "\x1b[6~", "\x1b[A", "\x1b[5~"] * 6),
    "a key on Results": ("4", ["\x1b[B", "\x1b[A"] * 6),
    SWITCH: ("1", ["2", "3", "1", "2", "3", "1"] * 4),
}


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
            if name == SWITCH:
                rows.append(row(f"{name}, p95", p95(taken), "ms", 50))
            else:
                within += taken
    return [*rows, row("a key within a screen, p95", p95(within), "ms", 50)]


def idle(workspace: Workspace) -> Row:
    """Bytes a second to the terminal with nothing going on."""
    with dashboard(workspace, "--screen", "live") as terminal:
        terminal.until(b"33,600")
        time.sleep(3.0)
        terminal.settle()
        return row("idle, Live screen", terminal.count(WATCH_SECONDS) / WATCH_SECONDS / 1000, "KB/s", 1)


def live() -> Row:
    """Bytes a second with a grid that runs as fast as two workers report."""
    with daemon(slots=2) as workspace:
        enqueue(workspace, noop_grid(NOOP_TRIALS))
        with dashboard(workspace, "--screen", "live") as terminal:
            terminal.until(b"1 Live")
            time.sleep(3.0)
            rate = terminal.count(WATCH_SECONDS) / WATCH_SECONDS / 1000
        if ask(workspace, "status")["done"]:
            raise RuntimeError("the grid was through before the count was; raise NOOP_TRIALS")
        return row("live, Live screen, two workers at full speed", rate, "KB/s", 20)


def measure(folder: Path) -> Sequence[Row]:
    """All figures."""
    workspace = make_workspace(folder)
    ensure_running(workspace)
    try:
        return [*starts(workspace), *keys(workspace), idle(workspace), live()]
    finally:
        ask(workspace, "down", now=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        show("The dashboard through a pseudo-terminal", measure(Path(made)))
