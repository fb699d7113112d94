"""What becomes of the work of workers that found no memory, or are gone, and of their slots."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Collection

from pft_tui.errors import PftError
from pft_tui.scheduler.crew import Crew
from pft_tui.scheduler.executor import Executor
from pft_tui.scheduler.seat import Seat
from pft_tui.scheduler.worker_files import Worker
from pft_tui.store import actions
from pft_tui.store.owner import Store

MOST_STILLBORN = 3
# Workers that a node's memory has ended within so long of each other were ended together.
AT_ONCE_SECONDS = 10.0
_LOG = logging.getLogger(__name__)


class StillbornError(PftError):
    """One worker after the other dies before it begins."""


class Losses:
    """Decides whether what went wrong was an attempt, and closes seats that there is no memory for."""

    def __init__(self, store: Store, crew: Crew, executor: Executor) -> None:
        self._store = store
        self._crew = crew
        self._executor = executor
        self._stillborn = 0
        self._relieved_at: dict[str, float] = {}

    def make_room_for(self, failed: Collection[str]) -> None:
        """Where a device's memory ran out, let it have a worker less and the trial another attempt.

        With one worker alone there is nothing to be gained: the failure counts. One that is closing for this
        may fail in more trials before it hears of it; those get another attempt too.
        """
        short = set(self._store.ask(actions.short_of_memory, failed)) if failed else set()
        for seat in [seat for seat in self._crew.seats if seat.jobs & short]:
            device = seat.device
            left = sum(other.device == device for other in self._others(seat))
            if not (left or seat.closing):
                continue
            self._store.change(actions.pardon, seat.jobs & short)
            if not seat.closing:
                self._close(seat, device, left)

    def take_back(self, seat: Seat, worker: Worker) -> None:
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

    def refuse_stillborn(self, worker_id: str) -> None:
        """Raise StillbornError where the worker is the last of several that died before they began."""
        if self._stillborn >= MOST_STILLBORN:
            self._stillborn = 0
            words, log = self._executor.last_words(worker_id), self._executor.log(worker_id)
            raise StillbornError(f"workers die before they begin: {words}", hint=f"{log} says more")

    def _relieved(self, seat: Seat, worker: Worker) -> bool:
        """Whether the node of a worker that found no memory has one less, now or since a moment ago.

        All of them may have been ended at once. One that was there alone has itself used too much.
        """
        node, now = str(worker.node), time.monotonic()
        if now - self._relieved_at.get(node, -math.inf) < AT_ONCE_SECONDS:
            return True
        left = sum(other.worker is not None and other.worker.node == node for other in self._others(seat))
        if left:
            self._relieved_at[node] = now
            self._close(seat, node, left)
        return left > 0

    def _others(self, seat: Seat) -> list[Seat]:
        """The other seats, but for those that are closing."""
        return [other for other in self._crew.seats if other is not seat and not other.closing]

    def _close(self, seat: Seat, place: str, left: int) -> None:
        """Do without a seat whose worker found no memory; `left` are those that its device or node keeps."""
        detail = f"memory ran out: {left} workers from now on"
        self._store.change(actions.log, "slot_closed", place, detail)
        _LOG.warning("%s: %s", place, detail)
        self._crew.close(seat)
