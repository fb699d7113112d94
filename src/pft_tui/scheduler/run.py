"""A run in the foreground: the scheduler's steps, until nothing more can be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from pft_tui.scheduler.scheduler import ALL, TICK_SECONDS, Scheduler
from pft_tui.store import actions
from pft_tui.store.owner import Store
from pft_tui.store.pending import Progress
from pft_tui.store.selection import Selection

SHOW_SECONDS = 0.5


class GridRun:
    """Runs what the queue of a store holds until nothing is left that can run."""

    def __init__(self, store: Store, scheduler: Scheduler) -> None:
        self._store = store
        self._scheduler = scheduler

    def ticks(self, rest: Callable[[float], None] = time.sleep) -> Generator[Progress]:
        """Work until nothing is left that can run, giving the state of things twice a second and at the end.

        `rest` passes so many seconds between two steps. What was paused before goes on. Closing the iterator
        stops the workers: they drop the trial at hand, which goes back to the queue.
        """
        scheduler, shown = self._scheduler, float("-inf")
        try:
            scheduler.begin()
            self._resume()
            is_done = False
            while not is_done:
                scheduler.step()
                is_done = scheduler.is_done or (scheduler.is_halted and scheduler.crew.is_idle)
                if is_done or time.monotonic() - shown > SHOW_SECONDS:
                    shown = time.monotonic()
                    yield self._store.progress()
                if not is_done:
                    rest(TICK_SECONDS)
        finally:
            scheduler.end()

    @property
    def obstacle(self) -> str | None:
        """Why free slots are not filled, None where they are."""
        return self._scheduler.obstacle

    def _resume(self) -> None:
        for subject in (ALL, *list(self._scheduler.stops)):
            self._scheduler.set_stop(subject, None)
        self._store.change(actions.hold, Selection(), held=False)
