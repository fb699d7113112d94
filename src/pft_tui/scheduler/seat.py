"""A slot with the worker that holds it, and what that worker was handed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from pft_tui.scheduler.slots import Slot
from pft_tui.scheduler.worker_files import Worker


@dataclass(slots=True)
class Stopping:
    """A worker on its way out: since when, why if that counts as a failed attempt, and how firmly.

    Unless `now`, it ends the trial at hand first. `signals` counts those that it was sent; times are of
    the monotonic clock.
    """

    since: float
    error: str | None
    now: bool
    signals: int = 0


@dataclass
class Seat:
    """A slot with its worker, if it has one.

    `jobs` are those handed to the worker, `given` in number, that have not ended, `unheard` those that it
    has not begun, `bundle_id` the bundle they were taken from, if they are trials. `handed` is when
    (time.time()) it got them. A seat that is `closing` goes when its worker does. One that is `lent_to`
    another has no work of its own until that one's `borrowed` seats are given back: their devices train its
    model, too.
    """

    slot: Slot
    worker: Worker | None = None
    jobs: set[str] = field(default_factory=set)
    unheard: set[str] = field(default_factory=set)
    given: int = 0
    bundle_id: str | None = None
    handed: float = 0.0
    has_reported: bool = False
    stopping: Stopping | None = None
    closing: bool = False
    lent_to: Seat | None = field(default=None, repr=False, compare=False)
    borrowed: Sequence[Seat] = field(default=(), repr=False, compare=False)

    @property
    def device(self) -> str:
        """The device that its worker holds, or that one would be started for."""
        return self.worker.device if self.worker else self.slot.device

    @property
    def is_free(self) -> bool:
        """Whether it can be given work."""
        return not (self.jobs or self.stopping or self.closing or self.lent_to)

    @property
    def is_taken(self) -> bool:
        """Whether something runs on its share of the device."""
        return self.worker is not None or self.lent_to is not None

    def takes(self, *, is_prepare: bool) -> bool:
        """Whether its slot is for such work."""
        return self.slot.work == "all" or is_prepare == (self.slot.work == "preparing")

    @property
    def running(self) -> set[str]:
        """The jobs that its worker has begun and not ended; one at most, but for moments."""
        return self.jobs - self.unheard

    @property
    def has_begun(self) -> bool:
        """Whether its worker has begun any of what it was handed."""
        return len(self.unheard) < self.given

    def hand(
        self, jobs: Collection[str], bundle_id: str | None, now: float, borrowed: Sequence[Seat] = ()
    ) -> None:
        """Take note of what the worker was handed, and of the seats whose devices work on it with its own."""
        self.borrowed = borrowed
        for seat in borrowed:
            seat.lent_to = self
        self.jobs, self.unheard, self.given = set(jobs), set(jobs), len(jobs)
        self.bundle_id, self.handed = bundle_id, now

    def end(self, jobs: Collection[str]) -> None:
        """These jobs have ended; with the last of them borrowed seats are given back."""
        self.jobs.difference_update(jobs)
        if not self.jobs:
            for seat in self.borrowed:
                seat.lent_to = None
            self.borrowed = ()

    def clear(self) -> None:
        """Its worker is gone."""
        self.end(set(self.jobs))
        self.worker, self.stopping, self.has_reported = None, None, False
        self.unheard, self.given, self.bundle_id = set(), 0, None
