"""One step after the other, whoever drives them: hear what workers report, watch them, hand out work."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

from pft_tui.errors import StoreError
from pft_tui.scheduler.crew import Crew
from pft_tui.scheduler.dispatch import Dispatch, Filled
from pft_tui.scheduler.executor import Executor
from pft_tui.scheduler.losses import Losses
from pft_tui.scheduler.queue import Queue
from pft_tui.scheduler.room import Room
from pft_tui.scheduler.seat import Seat
from pft_tui.scheduler.slots import Slot
from pft_tui.settings.model import RunSettings
from pft_tui.store import actions
from pft_tui.store.owner import Store

TICK_SECONDS = 0.1
LOOK_SECONDS = 1.0
REOPEN_SECONDS = 2.0
_LOG = logging.getLogger(__name__)
ALL, MACHINE = "all", "machine"


class Scheduler:
    """Carries out what the queue of a store holds on the slots of this machine.

    `begin`, then `step` many times a second, then `end`. `obstacle` says why free slots are not filled,
    None where they are.
    """

    def __init__(
        self,
        store: Store,
        executor: Executor,
        slots: Collection[Slot],
        settings: RunSettings,
        room: Room,
    ) -> None:
        self.crew = Crew(executor, slots)
        self.obstacle: str | None = None
        self.stops: dict[str, str] = {}
        self.is_halted = False
        self._store = store
        self._executor = executor
        self._settings = settings
        queue = Queue(store, self.crew.seats, settings)
        self._dispatch = Dispatch(self.crew, queue, executor, room, settings)
        self._losses = Losses(store, self.crew, executor)
        self._published = self._looked = time.monotonic()
        self._is_stale = True
        self._found_nothing = False
        self._gone: list[str] = []
        self._reopen_at: float | None = None

    # The life of a scheduler

    def begin(self) -> None:
        """Adopt the workers that an earlier owner left, and take back what was lost with the others."""
        strays = self._executor.strays()
        alive = [worker.worker_id for worker in strays]
        while self._store.ingest().lines:
            pass
        for worker_id in self._store.lost(alive):
            self._store.requeue(worker_id, "it was gone when work went on", lost=True)
        for worker in strays:
            self.crew.adopt(worker, lambda jobs: self._store.ask(actions.standing, jobs))
        self._gone = self._executor.left_behind(alive)
        self.stops = self._store.ask(actions.stops)
        self.obstacle = self.stops.pop(MACHINE, None)

    def step(self) -> None:
        """Do what is to be done now. A store that fails, as on a disk without room, is tried again soon."""
        try:
            if self._reopen_at is not None and not self._has_reopened():
                return
            self.hear()
            self._bury()
            self._watch()
            self._assign()
            self._publish_if_due()
        except StoreError as error:
            self.obstacle = str(error)
            self._reopen_at = time.monotonic() + REOPEN_SECONDS

    def end(self) -> None:
        """Stop all workers: they drop the trial at hand, and all that has not ended is queued again."""
        self.crew.stop_all(now=True)
        self.crew.wait()
        while self._store.ingest().lines:
            pass
        for worker in self.crew.workers():
            self._store.requeue(worker.worker_id, error=None)
        self._store.publish()

    # What others ask of it

    def look_again(self) -> None:
        """The queue has changed."""
        self._is_stale = True

    def set_stop(self, subject: str, reason: str | None) -> None:
        """Pause (with a reason) or resume `all` slots or one, by its number."""
        self._store.change(actions.set_stop, subject, reason)
        self.stops = self._store.ask(actions.stops)
        self.stops.pop(MACHINE, None)
        self._is_stale = True

    def withdraw(self, jobs: Collection[str], *, now: bool) -> None:
        """Take jobs back from the workers that have them: those that run only with `now`."""
        jobs = set(jobs)
        for seat in self.crew.seats:
            if seat.running & jobs and now:
                self.crew.stop(seat, now=True)
            elif seat.unheard & jobs:
                self.crew.stop(seat, now=False)

    @property
    def is_done(self) -> bool:
        """Whether no worker has work and nothing that is queued can run, now or without the user."""
        return self._found_nothing and not self._is_stale and self.crew.is_idle

    def is_paused(self, seat: Seat) -> bool:
        """Whether the user has paused the seat."""
        return ALL in self.stops or str(seat.slot.index) in self.stops

    def hear(self) -> bool:
        """Take in what the workers have reported; whether there is more."""
        taken = self._store.ingest()
        if taken.jobs:
            self._is_stale = True
            again = [job for job, state in taken.jobs.items() if state in ("queued", "failed")]
            self._losses.make_room_for(again)
            self.crew.heard(taken.jobs)
        return taken.more

    # The steps

    def _bury(self) -> None:
        for seat in list(self.crew.dead()):
            while self.hear():  # what it wrote last, now that nothing can follow
                pass
            assert seat.worker is not None
            worker_id = seat.worker.worker_id
            self._losses.take_back(seat, seat.worker)
            self.crew.vacate(seat)
            self._gone.append(worker_id)
            self._is_stale = True
            self._losses.refuse_stillborn(worker_id)

    def _watch(self) -> None:
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked, self._is_stale = time.monotonic(), True
        if (slots := self._executor.new_slots()) is not None:
            self.crew.lay_out(slots)
        for seat in self.crew.silent(60 * self._settings.silence):
            error = f"the worker reported nothing for {self._settings.silence:g} minutes"
            _LOG.warning("slot %d: %s", seat.slot.index, error)
            self.crew.stop(seat, now=True, error=error)
        idle = list(self.crew.idle(self._executor.idle_seconds))
        for seat in self.crew.seats:
            if self.is_paused(seat) or self.is_halted or seat in idle:
                self.crew.stop(seat, now=False)
        self.crew.press()

    def _assign(self) -> None:
        if not self._is_stale:
            return
        self._is_stale = False
        free = [seat for seat in self.crew.seats if seat.is_free and not self.is_paused(seat)]
        # First those who could begin at once, so that nothing urgent waits for a worker yet to come.
        free.sort(key=lambda seat: seat.worker is None)
        filled = Filled(None, found_nothing=False)
        if free and not self.is_halted:
            filled = self._dispatch.fill(free, self.is_paused)
        self._found_nothing = filled.found_nothing
        self._face(filled.obstacle)

    def _face(self, obstacle: str | None) -> None:
        if obstacle != self.obstacle:
            self.obstacle = obstacle
            self._store.change(actions.set_stop, MACHINE, obstacle)

    def _publish_if_due(self) -> None:
        if self._store.finish_publish():
            self._gone = [worker_id for worker_id in self._gone if not self._is_retired(worker_id)]
        due = time.monotonic() - self._published > self._settings.publish_seconds
        if due and self._store.start_publish():
            self._published = time.monotonic()

    def _is_retired(self, worker_id: str) -> bool:
        """Whether the files of a worker that is gone were no longer needed, and are deleted."""
        if not self._store.retire(f"{worker_id}.jsonl"):
            return False
        self._executor.forget(worker_id)
        return True

    def _has_reopened(self) -> bool:
        assert self._reopen_at is not None
        if time.monotonic() < self._reopen_at:
            return False
        self._store.reopen()
        self._reopen_at, self._is_stale, self.obstacle = None, True, None
        return True
