"""A run in the foreground: the scheduler's steps, until nothing more can be done."""

from __future__ import annotations

import time
from collections.abc import Generator

from pft_tui.scheduler.scheduler import ALL, TICK_SECONDS, Scheduler
from pft_tui.store import actions
from pft_tui.store.owner import Store
from pft_tui.store.pending import Progress
from pft_tui.store.selection import Selection


class GridRun:
    """Runs what the queue of a store holds until nothing is left that can run."""

    def __init__(self, store: Store, scheduler: Scheduler) -> None:
        self._store = store
        self._scheduler = scheduler

    def ticks(self) -> Generator[Progress]:
        """Work until nothing is left that can run, giving the state of things many times a second.

        What was paused goes on. Closing the iterator stops the workers: they drop the trial at hand, which
        goes back to the queue.
        """
        scheduler = self._scheduler
        try:
            scheduler.begin()
            self._resume()
            while True:
                scheduler.step()
                yield self._store.progress()
                if scheduler.crew.is_idle and scheduler.obstacle is None:
                    return
                time.sleep(TICK_SECONDS)
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
