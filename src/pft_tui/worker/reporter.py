"""How a worker's jobs report: events with the time, batched into the spool, and a line or two in its log."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from pft_tui.events import (
    Event,
    JobFailed,
    JobFinished,
    JobProgress,
    JobStarted,
    Metrics,
    RunRestarted,
    Spool,
)
from pft_tui.orders import Order
from pft_tui.worker.diary import Diary, order_in_words, result_in_words

FLUSH_SECONDS = 0.25


class Reporter:
    """Collects events and appends them to the spool several times a second, and whenever a job ends."""

    def __init__(self, spool: Spool, worker_id: str) -> None:
        self._spool = spool
        self._worker_id = worker_id
        self._batch: list[Event] = []
        self._flushed = time.monotonic()
        self._diary = Diary()

    def ordered(self, order: Order) -> None:
        """An order has come."""
        self._diary.say(order_in_words(order))

    def emit(self, event: Event) -> None:
        """Report an event, soon."""
        self._batch.append(event)
        self._flush_if_due()

    def flush(self) -> None:
        """Hand everything so far to the spool."""
        self._spool.append(self._batch)
        self._batch.clear()
        self._flushed = time.monotonic()

    def started(self, job_id: str, attempt: int) -> None:
        """A job begins."""
        self._diary.say(f"{job_id} began" + f", attempt {attempt}" * (attempt > 1))
        self.emit(JobStarted(job_id, self._worker_id, attempt, time.time()))
        self.flush()

    def restarted(self, run_id: str, epoch: int) -> None:
        """A run begins again after `epoch` epochs; what was reported of later ones no longer holds."""
        self.emit(RunRestarted(run_id, epoch, time.time()))

    def progress(self, job_id: str, done: int, total: int, unit: str) -> None:
        """A job has come so far."""
        self.emit(JobProgress(job_id, done, total, unit, time.time()))

    def metrics(self, run_id: str, epoch: int, step: int, values: Mapping[str, float]) -> None:
        """Values of an epoch; JSON knows no NaN or infinity, so these become None.

        Epochs of a run that follow one another make one event.
        """
        plain = {name: float(value) if math.isfinite(value) else None for name, value in values.items()}
        last = self._batch[-1] if self._batch else None
        if not (isinstance(last, Metrics) and last.run_id == run_id and last.values.keys() == plain.keys()):
            last = Metrics(run_id, [], [], {name: [] for name in plain}, [])
            self._batch.append(last)
        last.add(epoch, step, plain, time.time())
        self._flush_if_due()

    def finished(self, job_id: str, result: Event | None = None) -> None:
        """A job ended well, with its result."""
        self._diary.say(f"{job_id} has ended{result_in_words(result)}")
        if result is not None:
            self.emit(result)
        self.emit(JobFinished(job_id, time.time()))
        self.flush()

    def failed(self, job_id: str, error: str, *, final: bool) -> None:
        """A job ended badly."""
        self._diary.say(f"{job_id} failed: {error}", in_any_case=True)
        self.emit(JobFailed(job_id, error, final, time.time()))
        self.flush()

    def sync(self) -> None:
        """Put everything so far on the disk."""
        self.flush()
        self._spool.sync()

    def _flush_if_due(self) -> None:
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()
