"""Handing out: what the plan says goes to the seats that are free, as far as nothing has to be waited for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pft_tui.orders import Rank, attempts_of
from pft_tui.scheduler.crew import Crew
from pft_tui.scheduler.executor import Executor
from pft_tui.scheduler.plan import Hold, Share, Work, plan
from pft_tui.scheduler.queue import Queue
from pft_tui.scheduler.room import Room
from pft_tui.scheduler.seat import Seat
from pft_tui.settings.model import RunSettings
from pft_tui.store.pending import PendingModel, PendingPrepare


@dataclass(frozen=True, slots=True)
class Filled:
    """Why some of the free seats were not filled, None where there is no such reason.

    `found_nothing` says that no queued work could go to any of them, now or when there is room.
    """

    obstacle: str | None
    found_nothing: bool


class Dispatch:
    """Fills free seats of a crew from the queue."""

    def __init__(
        self, crew: Crew, queue: Queue, executor: Executor, room: Room, settings: RunSettings
    ) -> None:
        self._crew = crew
        self._queue = queue
        self._executor = executor
        self._room = room
        self._settings = settings

    def fill(self, free: Sequence[Seat], is_paused: Callable[[Seat], bool]) -> Filled:
        """Give free seats their work; a seat that the user has paused is not one of them."""
        pending = self._queue.pending()
        full = self._without_room(free, pending.models)
        together, reach = self._together({free[at].slot.index for at in full}, is_paused)
        actions = plan(
            pending,
            range(len(free)),
            len(self._crew.seats),
            takes=lambda at, ready: (
                free[at].takes(is_prepare=isinstance(ready, PendingPrepare))
                and not (at in full and isinstance(ready, PendingModel))
            ),
            together=together,
            reach=reach,
            device=lambda at: free[at].slot.own_device,
        )
        obstacle = next(iter(full.values()), None)
        for action in actions:
            if isinstance(action, Hold):
                obstacle = f"keeps slots free for a model that waits for {together} devices"
                continue
            seats = [free[at] for at in (action.slot, *action.lent)]
            obstacle = next((lack for seat in seats if (lack := self._lacks(seat))), None)
            if obstacle is None:
                self._give(seats, action.work)
        return Filled(obstacle, found_nothing=not (actions or full))

    def _without_room(self, free: Sequence[Seat], models: Sequence[PendingModel]) -> dict[int, str]:
        """Which of the free seats no model that several devices train can have now, and why."""
        if self._settings.devices_per_model == 1 or all(item.waits_for for item in models):
            return {}
        found = ((at, self._room.lacks(seat, self._crew.seats)) for at, seat in enumerate(free))
        return {at: lack for at, lack in found if lack}

    def _together(self, full: Collection[int], is_paused: Callable[[Seat], bool]) -> tuple[int, int]:
        """How many devices train a model, and how many there are beside those that train one together now.

        No more than there are, so that none is waited for in vain: of those that are `full` (slots), paused
        or closed nobody knows when they can be had.
        """
        there = [
            seat
            for seat in self._crew.seats
            if not (seat.closing or is_paused(seat) or seat.slot.index in full)
        ]
        devices = {seat.slot.own_device for seat in there}
        others = {seat.slot.own_device for seat in there if not (seat.lent_to or seat.borrowed)}
        return max(1, min(self._settings.devices_per_model, len(devices))), len(others)

    def _lacks(self, seat: Seat) -> str | None:
        """What has to be waited for before the seat is given work."""
        lacking = self._room.lacks(seat, self._crew.seats)
        return lacking or (self._executor.lacks(seat.slot) if seat.worker is None else None)

    def _give(self, seats: Sequence[Seat], work: Work) -> None:
        """Hand some work to the worker of the first seat, with the devices of all of them."""
        ranks = tuple(Rank(seat.slot.index, seat.slot.device) for seat in seats)
        order = self._queue.order(work, ranks if len(ranks) > 1 else ())
        if order is not None:
            bundle_id = work.bundle.bundle_id if isinstance(work, Share) else None
            self._crew.give(seats[0], order, attempts_of(order), bundle_id, seats[1:])
