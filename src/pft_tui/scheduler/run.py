"""The loop that carries out a workspace's queue: read what workers report, plan, act, publish."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace

from pft_tui.errors import PftError
from pft_tui.orders import Order, Prefinetune, Prepare, RunTrials
from pft_tui.scheduler.executor import LocalExecutor, Worker
from pft_tui.scheduler.plan import Pending, Share, Work, plan
from pft_tui.scheduler.slots import Slot
from pft_tui.store.owner import Store
from pft_tui.store.pending import PendingModel, PendingPrepare, Progress

TICK_SECONDS = 0.05
GRACE_SECONDS = 20.0
MOST_STILLBORN = 3


@dataclass
class Seat:
    """A slot with its worker, if it has one.

    `jobs` are those handed to the worker that have not ended, `unheard` those of them that it has not
    begun, `bundle_id` the bundle they were taken from, if they are trials.
    """

    slot: Slot
    worker: Worker | None = None
    jobs: set[str] = field(default_factory=set)
    unheard: set[str] = field(default_factory=set)
    bundle_id: str | None = None
    has_reported: bool = False


class GridRun:
    """Runs what the queue of a store holds on the slots of this machine, until nothing more can run."""

    def __init__(
        self, store: Store, executor: LocalExecutor, slots: Iterable[Slot], *, publish_seconds: float
    ) -> None:
        self._store = store
        self._executor = executor
        self._seats = [Seat(slot) for slot in slots]
        self._publish_seconds = publish_seconds
        self._published = time.monotonic()
        self._stillborn = 0

    def ticks(self) -> Generator[Progress]:
        """Work until nothing is left that can run, giving the state of things many times a second.

        Closing the iterator stops the workers: they drop the trial at hand, which goes back to the queue.
        """
        try:
            self._clear_up_after_the_last_run()
            while True:
                self._hear()
                self._replace_the_dead()
                self._assign()
                self._publish_if_due()
                yield self._store.progress()
                if not any(seat.jobs for seat in self._seats):
                    return
                time.sleep(TICK_SECONDS)
        finally:
            self._stop()

    def _clear_up_after_the_last_run(self) -> None:
        """Take in what was left by a run that was killed: workers, events, jobs said to be running."""
        self._executor.stop(self._executor.strays(), grace_seconds=GRACE_SECONDS)
        while self._store.ingest().lines:
            pass
        for worker_id in self._store.lost(()):
            self._store.requeue(worker_id, error=None)

    def _hear(self) -> None:
        spoken_of = self._store.ingest().jobs
        if not spoken_of:
            return
        states = self._store.states(spoken_of)
        ended = {job for job, state in states.items() if state != "running"}
        for seat in self._seats:
            seat.has_reported |= not seat.jobs.isdisjoint(states)
            seat.unheard.difference_update(states)
            seat.jobs -= ended

    def _replace_the_dead(self) -> None:
        for seat in self._seats:
            if seat.worker is None or self._executor.is_alive(seat.worker):
                continue
            self._hear()  # what it wrote last, now that nothing can follow
            words = self._executor.last_words(seat.worker.worker_id)
            self._store.requeue(seat.worker.worker_id, error=f"the worker died\n{words}")
            self._stillborn = 0 if seat.has_reported else self._stillborn + 1
            if self._stillborn >= MOST_STILLBORN:
                log = self._executor.log(seat.worker.worker_id)
                raise PftError(f"workers die before they begin: {words}", hint=f"{log} says more")
            seat.worker, seat.jobs, seat.unheard, seat.has_reported = None, set(), set(), False

    def _assign(self) -> None:
        free = [index for index, seat in enumerate(self._seats) if not seat.jobs]
        if not free:
            return
        for assign in plan(self._pending(), free, len(self._seats)):
            self._give(self._seats[assign.slot], assign.work)

    def _pending(self) -> Pending:
        """What the store has queued without what workers were handed and have not begun."""
        handed = {job for seat in self._seats for job in seat.unheard}
        taken = Counter(seat.bundle_id for seat in self._seats for _ in seat.unheard)
        return Pending(
            [item for item in self._store.pending_prepares() if item.job_id not in handed],
            [item for item in self._store.pending_models() if item.model.model_id not in handed],
            [
                replace(item, trials=item.trials - taken[item.bundle_id])
                for item in self._store.pending_bundles()
            ],
        )

    def _give(self, seat: Seat, work: Work) -> None:
        order, jobs = self._order(work)
        seat.worker = seat.worker or self._executor.start(seat.slot)
        seat.jobs, seat.unheard = set(jobs), set(jobs)
        seat.bundle_id = work.bundle.bundle_id if isinstance(work, Share) else None
        self._executor.order(seat.worker, order)

    def _order(self, work: Work) -> tuple[Order, list[str]]:
        if isinstance(work, PendingPrepare):
            return Prepare(work.job_id, work.corpus, work.attempts + 1), [work.job_id]
        if isinstance(work, PendingModel):
            return Prefinetune(work.model, work.attempts + 1), [work.model.model_id]
        bundle = work.bundle
        handed = {job for seat in self._seats for job in seat.unheard}
        waiting = [pair for pair in self._store.trials_of(bundle) if pair[0].trial_id not in handed]
        attempts = {trial.trial_id: made + 1 for trial, made in waiting[: work.trials]}
        trials = tuple(trial for trial, _ in waiting[: work.trials])
        model = self._store.model(bundle.model_id) if bundle.model_id else None
        return RunTrials(model, trials, attempts), list(attempts)

    def _publish_if_due(self) -> None:
        self._store.finish_publish()
        if time.monotonic() - self._published > self._publish_seconds and self._store.start_publish():
            self._published = time.monotonic()

    def _stop(self) -> None:
        workers = [seat.worker for seat in self._seats if seat.worker]
        self._executor.stop(workers, grace_seconds=GRACE_SECONDS)
        while self._store.ingest().lines:
            pass
        for worker in workers:
            self._store.requeue(worker.worker_id, error=None)
        self._store.publish()
