"""How a run in the foreground shows itself: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from pft_tui.store.pending import Count
    from pft_tui.store.pending import Progress as State

LINE_SECONDS = 15.0
RATE_SECONDS = 60.0


@contextmanager
def reading() -> Iterator[Callable[[str], None]]:
    """A spinner while corpora are read; what it yields takes the name of the corpus at hand."""
    console = Console(stderr=True)
    with console.status("Reading the corpora") as status:
        yield lambda name: status.update(f"Reading {name}")


class Rate:
    """Ends of trials in the last minute, and the time that the rest will take at that rate."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, now: float, finished: int) -> None:
        """`finished` trials have ended by `now` (seconds of a monotonic clock)."""
        self._seen.append((now, finished))
        while now - self._seen[0][0] > RATE_SECONDS:
            self._seen.popleft()

    @property
    def per_second(self) -> float:
        """Trials per second, 0 where none has ended."""
        (start, before), (end, after) = self._seen[0], self._seen[-1]
        return (after - before) / (end - start) if end > start else 0.0

    def left(self, trials: int) -> str:
        """The time that so many trials will take, `?` while nobody can know."""
        if not trials:
            return "0:00:00"
        return str(timedelta(seconds=round(trials / self.per_second))) if self.per_second else "?"


class GridProgress:
    """Three bars (corpora, models, trials) with the rate and the time left; use as a context manager."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._rate = Rate()
        self._said = time.monotonic()
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<8}"),
            BarColumn(),
            TextColumn("{task.fields[done]}", justify="right"),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._tasks: dict[str, TaskID] = {
            name: self._bars.add_task(name, total=None, done="", note="")
            for name in ("corpora", "models", "trials")
        }

    def __enter__(self) -> GridProgress:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
        if kind is KeyboardInterrupt:
            self._console.print("stopped; the same command goes on", soft_wrap=True)

    def show(self, state: State) -> None:
        """Show the state of things."""
        now, trials = time.monotonic(), state.trials
        self._rate.add(now, trials.finished)
        left = self._rate.left(trials.queued + trials.running)
        if self._console.is_terminal:
            for name, count in (("corpora", state.prepares), ("models", state.models), ("trials", trials)):
                note = _note(count)
                if name == "trials":
                    note += f"  {self._rate.per_second:.1f}/s  {left} left"
                task = self._tasks[name]
                done = f"{count.finished:,}/{count.total:,}"
                self._bars.update(task, completed=count.finished, total=count.total, done=done, note=note)
        elif now - self._said > LINE_SECONDS:
            self._said = now
            sys.stderr.write(
                f"models {state.models.finished}/{state.models.total}, "
                f"trials {trials.finished}/{trials.total}{_note(trials)}, "
                f"{self._rate.per_second:.1f}/s, {left} left\n"
            )


def _note(count: Count) -> str:
    return f"  {count.failed} failed" if count.failed else ""
