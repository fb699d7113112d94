"""What can be handed out now, and the orders for it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pft_tui.orders import Order, Prefinetune, Prepare, Rank, RunTrials
from pft_tui.scheduler.plan import Pending, Share, Work
from pft_tui.scheduler.seat import Seat
from pft_tui.settings.model import RunSettings
from pft_tui.store.owner import Store
from pft_tui.store.pending import BundleRow, PendingModel, PendingPrepare
from pft_tui.units import GIB


class Queue:
    """The store's queue, less what workers were handed and have not begun."""

    def __init__(self, store: Store, seats: Sequence[Seat], settings: RunSettings) -> None:
        self._store = store
        self._seats = seats
        self._settings = settings

    def pending(self) -> Pending:
        """What is queued and nobody's yet."""
        handed, has_few = self._handed(), self._store.has_few()
        prepares = self._store.pending_prepares() if has_few else []
        models = self._store.pending_models() if has_few else []
        return Pending(
            [item for item in prepares if item.job_id not in handed],
            [item for item in models if item.model.model_id not in handed],
            list(self._bundles()),
        )

    def _bundles(self) -> Iterator[BundleRow]:
        """The bundles, most urgent first, each less what was taken from it: its most urgent trials."""
        taken = Counter(seat.bundle_id for seat in self._seats for _ in seat.unheard)
        for bundle in self._store.pending_bundles():
            used = min(bundle.trials, taken[bundle.bundle_id])
            taken[bundle.bundle_id] -= used
            yield replace(bundle, trials=bundle.trials - used) if used else bundle

    def order(self, work: Work, ranks: tuple[Rank, ...] = ()) -> Order | None:
        """The order for some work, None where none of it is left. Several `ranks` train a model together."""
        if isinstance(work, PendingPrepare):
            return Prepare(work.job_id, work.corpus, work.attempts + 1, time.time())
        if isinstance(work, PendingModel):
            return Prefinetune(work.model, work.attempts + 1, time.time(), ranks)
        return self._trials(work)

    def _trials(self, share: Share) -> RunTrials | None:
        bundle, handed = share.bundle, self._handed()
        waiting = [pair for pair in self._store.trials_of(bundle) if pair[0].trial_id not in handed]
        chosen = waiting[: share.trials]
        if not chosen:
            return None
        model = self._store.model(bundle.model_id) if bundle.model_id else None
        attempts = {trial.trial_id: made + 1 for trial, made in chosen}
        limit, floor = (round(gib * GIB) for gib in (self._settings.feature_cache, self._settings.disk_floor))
        return RunTrials(model, tuple(trial for trial, _ in chosen), attempts, time.time(), limit, floor)

    def _handed(self) -> set[str]:
        return {job for seat in self._seats for job in seat.unheard}
