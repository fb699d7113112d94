"""The workers of this machine, seat by seat: started, adopted, watched and stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from signal import SIGINT, SIGKILL, SIGTERM, Signals

from pft_tui.orders import AFTER_THIS_TRIAL, Order, Prefinetune, RunTrials, attempts_of
from pft_tui.scheduler.executor import Executor
from pft_tui.scheduler.seat import Seat, Stopping
from pft_tui.scheduler.slots import Slot
from pft_tui.scheduler.worker_files import Worker
from pft_tui.specs import identify
from pft_tui.store.actions import JobState
from pft_tui.store.enqueue import Bundle

# What a worker is sent that is to stop now, after so many seconds. The last goes to all its processes.
FIRMNESS: tuple[tuple[float, Signals], ...] = ((0.0, SIGINT), (5.0, SIGTERM), (10.0, SIGKILL))
PAUSE_SECONDS = 0.02


class Crew:
    """Seats for workers. Nothing here knows the queue: what ended and who died is told to its owner."""

    def __init__(self, executor: Executor, slots: Iterable[Slot]) -> None:
        self._executor = executor
        self.seats = [Seat(slot) for slot in slots]

    @property
    def is_idle(self) -> bool:
        """Whether no worker has anything to do."""
        return not any(seat.jobs for seat in self.seats)

    def lay_out(self, slots: Sequence[Slot]) -> None:
        """Have as many seats for training as there are slots for it; they differ in nothing but their number.

        Of more seats than slots those go that no worker holds: who still runs has room somewhere.
        """
        seats = [seat for seat in self.seats if seat.slot.work == "training" and not seat.closing]
        taken = {seat.slot.index for seat in self.seats}
        more = sum(slot.work == "training" for slot in slots) - len(seats)
        unused = [slot for slot in slots if slot.index not in taken]
        self.seats += [Seat(slot) for slot in unused[: max(0, more)]]
        empty = [seat for seat in reversed(seats) if seat.worker is None and seat.is_free]
        for seat in empty[: max(0, -more)]:
            self.seats.remove(seat)
        self.seats.sort(key=lambda seat: seat.slot.index)

    def workers(self) -> list[Worker]:
        """All workers."""
        return [seat.worker for seat in self.seats if seat.worker]

    def give(
        self,
        seat: Seat,
        order: Order,
        jobs: Collection[str],
        bundle_id: str | None,
        borrowed: Sequence[Seat] = (),
    ) -> None:
        """Hand an order with these jobs to a seat's worker, which is started where there is none.

        The workers of seats that are `borrowed` for it end: their devices' memory is needed.
        """
        for other in borrowed:
            self.stop(other, now=False)
        seat.worker = seat.worker or self._executor.start(seat.slot)
        seat.hand(jobs, bundle_id, time.time(), borrowed)
        self._executor.order(seat.worker, order)

    def adopt(self, worker: Worker, stand: Callable[[Collection[str]], Mapping[str, JobState]]) -> None:
        """Take over a worker that an earlier owner left behind, with the jobs that it has still to end.

        `stand` says where jobs stand; those that were queued again since the order are not the worker's. A
        worker that fits no free slot, or was handed what has since been cancelled, ends after the trial at
        hand.
        """
        seat = self._seat_for(worker)
        seat.worker, seat.has_reported = worker, True
        order = self._executor.last_order(worker)
        attempts, order_at = (attempts_of(order), order.at) if order else ({}, 0.0)
        seat.hand(attempts, bundle_of(order), time.time(), self._borrowed_for(order))
        states, ended = stand(attempts), set()
        for job_id, attempt in attempts.items():
            known = states.get(job_id)
            if known is None or (known.attempts < attempt and known.queued_at <= order_at):
                continue  # not begun
            seat.unheard.discard(job_id)
            if known.state != "running" or known.worker_id != worker.worker_id:
                ended.add(job_id)
        seat.end(ended)
        unwanted = any(states[job].state == "cancelled" for job in seat.unheard if job in states)
        if seat.closing or unwanted:
            self.stop(seat, now=False)

    def _seat_for(self, worker: Worker) -> Seat:
        """The free seat that the worker was started for, or one that goes when it does."""
        for seat in self.seats:
            if seat.worker is None and seat.slot.index == worker.slot:
                if self._executor.would_start(worker, seat.slot):
                    return seat
                break
        self.seats.append(Seat(Slot(worker.slot, worker.device, threads=1), closing=True))
        return self.seats[-1]

    def _borrowed_for(self, order: Order | None) -> list[Seat]:
        """The seats whose devices an order's ranks use beside that of its worker's own."""
        others = order.ranks[1:] if isinstance(order, Prefinetune) else ()
        lent = {(rank.slot, rank.device) for rank in others}
        return [seat for seat in self.seats if (seat.slot.index, seat.slot.device) in lent]

    def heard(self, states: Mapping[str, str]) -> None:
        """Workers spoke of these jobs, which are now in these states."""
        ended = {job for job, state in states.items() if state != "running"}
        for seat in self.seats:
            seat.has_reported |= not seat.jobs.isdisjoint(states)
            seat.unheard.difference_update(states)
            seat.end(ended)

    def stop(self, seat: Seat, *, now: bool, error: str | None = None) -> None:
        """Ask a seat's worker to end: now, or after the trial at hand. `error` says what it did wrong.

        Of a seat that is lent it is the worker that has borrowed it.
        """
        seat = seat.lent_to or seat
        if seat.worker is None:
            return
        if seat.stopping is None:
            seat.stopping = Stopping(time.monotonic(), error, now)
            if not now:
                self._executor.signal(seat.worker, AFTER_THIS_TRIAL)
        elif now and not seat.stopping.now:
            seat.stopping = Stopping(time.monotonic(), error, now)
        self.press()

    def press(self) -> None:
        """Send those that are to stop now, and take their time, the next firmer signal."""
        for seat in self.seats:
            stopping = seat.stopping
            if not (seat.worker and stopping and stopping.now and stopping.signals < len(FIRMNESS)):
                continue
            after, number = FIRMNESS[stopping.signals]
            if time.monotonic() - stopping.since >= after:
                self._executor.signal(seat.worker, number)
                stopping.signals += 1

    def stop_all(self, *, now: bool) -> None:
        """Ask all workers to end."""
        for seat in self.seats:
            self.stop(seat, now=now)

    def wait(self) -> None:
        """Wait for workers that were asked to end now, until none is left alive."""
        while any(self._executor.is_alive(worker) for worker in self.workers()):
            self.press()
            time.sleep(PAUSE_SECONDS)

    def dead(self) -> Iterator[Seat]:
        """Each seat whose worker is no more."""
        for seat in self.seats:
            if seat.worker and not self._executor.is_alive(seat.worker):
                yield seat

    def vacate(self, seat: Seat) -> None:
        """Make the seat of a worker that is gone ready for another; one that was closing goes too."""
        seat.clear()
        if seat.closing:
            self.seats.remove(seat)

    def close(self, seat: Seat) -> None:
        """Do without a seat from now on: its worker is stopped."""
        seat.closing = True
        if seat.worker:
            self._executor.set_aside(seat.worker)
            self.stop(seat, now=True)
        else:
            self.seats.remove(seat)

    def idle(self, seconds: float) -> Iterator[Seat]:
        """Each seat whose worker has had no work for so long."""
        for seat in self.seats:
            if seat.worker and seat.is_free and self._silence(seat, seat.worker) > seconds:
                yield seat

    def silent(self, seconds: float) -> Iterator[Seat]:
        """Each seat whose worker has work and has not been heard of for so long."""
        for seat in self.seats:
            is_told = seat.stopping and seat.stopping.now
            if seat.worker and seat.jobs and not is_told and self._silence(seat, seat.worker) > seconds:
                yield seat

    def _silence(self, seat: Seat, worker: Worker) -> float:
        """Seconds since the seat's worker was handed something or wrote something."""
        return time.time() - max(seat.handed, self._executor.last_heard(worker))


def bundle_of(order: Order | None) -> str | None:
    """The id of the bundle that an order's trials were taken from, None where it is not about trials."""
    if not isinstance(order, RunTrials):
        return None
    return identify("bundle", asdict(Bundle.of(order.trials[0])))
