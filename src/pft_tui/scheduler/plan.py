"""Which slot gets which work: a pure function of what is pending and which slots are free.

Work of a higher priority goes first, and by default that is the critical path of the experiment: corpora
are prepared, then models are pre-finetuned, then trials run. Among models those on most corpora start
first, since they take longest. Whatever waits for nothing fills a free slot, so the trials of the encoder
as it is run beside the first pre-finetunings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pft_tui.store.pending import BundleRow, PendingModel, PendingPrepare


@dataclass(frozen=True, slots=True)
class Share:
    """So many of a bundle's trials, to be handed out at once."""

    bundle: BundleRow
    trials: int


Ready = PendingPrepare | PendingModel | BundleRow
Work = PendingPrepare | PendingModel | Share


@dataclass(frozen=True, slots=True)
class Assign:
    """Give a free slot its next work."""

    slot: int
    work: Work


@dataclass(frozen=True, slots=True)
class Pending:
    """The queued work at one moment, what has been handed out left out."""

    prepares: Sequence[PendingPrepare] = ()
    models: Sequence[PendingModel] = ()
    bundles: Sequence[BundleRow] = ()


def plan(
    pending: Pending,
    free: Iterable[int],
    slots: int,
    takes: Callable[[int, Ready], bool] = lambda _slot, _ready: True,
) -> list[Assign]:
    """Work for each free slot, as far as there is work that waits for nothing and that it `takes`.

    `slots` counts all slots, free and busy: a share is at most half of an even one of what is left, so
    that near the end of the grid shares are small and all slots end at about the same time.
    """
    left = sum(bundle.trials for bundle in pending.bundles)
    assigned: list[Assign] = []
    waiting = _in_order(pending)
    for slot in free:
        at = next((at for at, item in enumerate(waiting) if takes(slot, item)), None)
        if at is None:
            continue
        ready = waiting.pop(at)
        if isinstance(ready, BundleRow):
            share = Share(ready, max(1, min(ready.trials, -(-left // (2 * slots)))))
            left -= share.trials
            assigned.append(Assign(slot, share))
        else:
            assigned.append(Assign(slot, ready))
    return assigned


def _in_order(pending: Pending) -> list[Ready]:
    ready: list[Ready] = [
        *pending.prepares,
        *(item for item in pending.models if item.waits_for is None),
        *(item for item in pending.bundles if item.waits_for is None and item.trials),
    ]
    return sorted(ready, key=lambda item: (-item.priority, -_corpora(item)))


def _corpora(item: Ready) -> int:
    return len(item.model.corpora) if isinstance(item, PendingModel) else 0
