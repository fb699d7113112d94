"""One step after the other, whoever drives them: hear what workers report, watch them, hand out work."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Collection, Sequence

from pft_tui.errors import PftError, StoreError
from pft_tui.orders import Rank, attempts_of
from pft_tui.scheduler.crew import Crew
from pft_tui.scheduler.executor import Executor
from pft_tui.scheduler.plan import Hold, Share, Work, plan
from pft_tui.scheduler.queue import Queue
from pft_tui.scheduler.room import Room
from pft_tui.scheduler.seat import Seat
from pft_tui.scheduler.slots import Slot
from pft_tui.scheduler.worker_files import Worker
from pft_tui.settings.model import RunSettings
from pft_tui.store import actions
from pft_tui.store.owner import Store
from pft_tui.store.pending import PendingModel, PendingPrepare

TICK_SECONDS = 0.1
LOOK_SECONDS = 1.0
REOPEN_SECONDS = 2.0
MOST_STILLBORN = 3
# Workers that a node's memory has ended within so long of each other were ended together.
AT_ONCE_SECONDS = 10.0
_LOG = logging.getLogger(__name__)
ALL, MACHINE = "all", "machine"


class StillbornError(PftError):
    """One worker after the other dies before it begins."""


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
        self._room = room
        self._queue = Queue(store, self.crew.seats, settings)
        self._published = self._looked = time.monotonic()
        self._is_stale = True
        self._found_nothing = False
        self._stillborn = 0
        self._relieved_at: dict[str, float] = {}
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
            self._make_room_for(again)
            self.crew.heard(taken.jobs)
        return taken.more

    # The steps

    def _make_room_for(self, failed: Collection[str]) -> None:
        """Where a device's memory ran out, let it have a worker less and the trial another attempt.

        With one worker alone there is nothing to be gained: the failure counts. One that is closing for this
        may fail in more trials before it hears of it; those get another attempt too.
        """
        short = set(self._store.ask(actions.short_of_memory, failed)) if failed else set()
        for seat in [seat for seat in self.crew.seats if seat.jobs & short]:
            device = seat.device
            left = sum(
                other.device == device and not other.closing for other in self.crew.seats if other is not seat
            )
            if not (left or seat.closing):
                continue
            self._store.change(actions.pardon, seat.jobs & short)
            if not seat.closing:
                self._close(seat, device, left)

    def _close(self, seat: Seat, place: str, left: int) -> None:
        """Do without a seat whose worker found no memory; `left` are those that its device or node keeps."""
        detail = f"memory ran out: {left} workers from now on"
        self._store.change(actions.log, "slot_closed", place, detail)
        _LOG.warning("%s: %s", place, detail)
        self.crew.close(seat)

    def _bury(self) -> None:
        for seat in list(self.crew.dead()):
            while self.hear():  # what it wrote last, now that nothing can follow
                pass
            assert seat.worker is not None
            worker = seat.worker
            self._take_back(seat, worker)
            self.crew.vacate(seat)
            self._gone.append(worker.worker_id)
            self._is_stale = True
            if self._stillborn >= MOST_STILLBORN:
                self._stillborn = 0
                words, log = self._executor.last_words(worker.worker_id), self._executor.log(worker.worker_id)
                raise StillbornError(f"workers die before they begin: {words}", hint=f"{log} says more")

    def _take_back(self, seat: Seat, worker: Worker) -> None:
        """Queue again what a worker that is gone had; how it ended says whether that was an attempt."""
        worker_id, words = worker.worker_id, self._executor.last_words(worker.worker_id)
        if seat.stopping or not seat.jobs:
            self._store.requeue(worker_id, seat.stopping.error if seat.stopping else None)
        elif self._executor.was_lost(worker):
            _LOG.warning("the worker %s went down with its node", worker_id)
            handed = () if seat.has_begun else seat.unheard
            self._store.requeue(worker_id, f"its node is lost\n{words}", lost=True, handed=handed)
        elif self._executor.was_starved(worker) and self._relieved(seat, worker):
            self._store.requeue(worker_id, None)
        else:
            _LOG.warning("the worker %s died: %s", worker_id, words)
            self._store.requeue(worker_id, f"the worker died\n{words}")
            self._stillborn = 0 if seat.has_reported else self._stillborn + 1

    def _relieved(self, seat: Seat, worker: Worker) -> bool:
        """Whether the node of a worker that found no memory has one less, now or since a moment ago.

        All of them may have been ended at once. One that was there alone has itself used too much.
        """
        node, now = str(worker.node), time.monotonic()
        if now - self._relieved_at.get(node, -math.inf) < AT_ONCE_SECONDS:
            return True
        others = (other.worker for other in self.crew.seats if other is not seat and not other.closing)
        left = sum(other is not None and other.node == node for other in others)
        if left:
            self._relieved_at[node] = now
            self._close(seat, node, left)
        return left > 0

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
        obstacle, self._found_nothing = None, False
        if free and not self.is_halted:
            obstacle = self._fill(free)
        self._face(obstacle)

    def _fill(self, free: Sequence[Seat]) -> str | None:
        """Give free seats their work; why some of them were not filled."""
        pending = self._queue.pending()
        full = self._without_room(free, pending.models)
        together, reach = self._together({free[at].slot.index for at in full})
        actions = plan(
            pending,
            range(len(free)),
            len(self.crew.seats),
            takes=lambda at, ready: (
                free[at].takes(is_prepare=isinstance(ready, PendingPrepare))
                and not (at in full and isinstance(ready, PendingModel))
            ),
            together=together,
            reach=reach,
            device=lambda at: free[at].slot.own_device,
        )
        self._found_nothing = not (actions or full)
        obstacle = next(iter(full.values()), None)
        for action in actions:
            if isinstance(action, Hold):
                obstacle = f"keeps slots free for a model that waits for {together} devices"
                continue
            seats = [free[at] for at in (action.slot, *action.lent)]
            obstacle = next((lack for seat in seats if (lack := self._lacks(seat))), None)
            if obstacle is None:
                self._give(seats, action.work)
        return obstacle

    def _without_room(self, free: Sequence[Seat], models: Sequence[PendingModel]) -> dict[int, str]:
        """Which of the free seats no model that several devices train can have now, and why."""
        if self._settings.devices_per_model == 1 or all(item.waits_for for item in models):
            return {}
        found = ((at, self._room.lacks(seat, self.crew.seats)) for at, seat in enumerate(free))
        return {at: lack for at, lack in found if lack}

    def _together(self, full: Collection[int]) -> tuple[int, int]:
        """How many devices train a model, and how many there are beside those that train one together now.

        No more than there are, so that none is waited for in vain: of those that are `full` (slots), paused
        or closed nobody knows when they can be had.
        """
        there = [
            seat
            for seat in self.crew.seats
            if not (seat.closing or self.is_paused(seat) or seat.slot.index in full)
        ]
        devices = {seat.slot.own_device for seat in there}
        others = {seat.slot.own_device for seat in there if not (seat.lent_to or seat.borrowed)}
        return max(1, min(self._settings.devices_per_model, len(devices))), len(others)

    def _lacks(self, seat: Seat) -> str | None:
        """What has to be waited for before the seat is given work."""
        lacking = self._room.lacks(seat, self.crew.seats)
        return lacking or (self._executor.lacks(seat.slot) if seat.worker is None else None)

    def _give(self, seats: Sequence[Seat], work: Work) -> None:
        """Hand some work to the worker of the first seat, with the devices of all of them."""
        ranks = tuple(Rank(seat.slot.index, seat.slot.device) for seat in seats)
        order = self._queue.order(work, ranks if len(ranks) > 1 else ())
        if order is not None:
            bundle_id = work.bundle.bundle_id if isinstance(work, Share) else None
            self.crew.give(seats[0], order, attempts_of(order), bundle_id, seats[1:])

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
