"""Which slot gets which work: a pure function of what is pending and which slots are free.

Work of a higher priority goes first, and by default that is the critical path of the experiment: corpora
are prepared, then models are pre-finetuned, then trials run. Among models those on most corpora start
first, since they take longest. Whatever waits for nothing fills a free slot, so the trials of the encoder
as it is run beside the first pre-finetunings.

A model that several devices train together needs a free slot on each of so many. The most urgent such model
that finds too few holds those, which get no other work, until enough have become free; work that is more
urgent goes before it, and all else goes on in the slots that it has no use for. Only one model holds slots.
None does where too few are left beside those that train models together: these come free at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
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
    """Give a free slot its next work. Those in `lent` are free slots whose devices work with it."""

    slot: int
    work: Work
    lent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep a free slot for a model that waits for more of them."""

    slot: int


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
    *,
    together: int = 1,
    reach: int = 1,
    device: Callable[[int], Hashable] = lambda slot: slot,
) -> list[Assign | Hold]:
    """Work for each free slot, as far as there is work that waits for nothing and that it `takes`.

    `slots` counts all slots, free and busy: a share is at most half of an even one of what is left, so
    that near the end of the grid shares are small and all slots end at about the same time. A model gets
    slots on `together` devices, of which there have to be as many; `reach` counts those that do not train a
    model with others now.
    """
    left = sum(bundle.trials for bundle in pending.bundles)
    actions: list[Assign | Hold] = []
    unused, is_held = list(free), False
    for ready in _in_order(pending):
        if not unused:
            break
        devices = together if isinstance(ready, PendingModel) else 1
        chosen = _on_devices(devices, (slot for slot in unused if takes(slot, ready)), device)
        if len(chosen) == devices:
            work: Work = ready if not isinstance(ready, BundleRow) else _share(ready, left, slots)
            left -= work.trials if isinstance(work, Share) else 0
            actions.append(Assign(chosen[0], work, tuple(chosen[1:])))
        elif 1 < devices <= reach and not is_held:
            is_held = True
            actions += map(Hold, chosen)
        else:
            continue
        unused = [slot for slot in unused if slot not in chosen]
    return actions


def _on_devices(count: int, slots: Iterable[int], device: Callable[[int], Hashable]) -> list[int]:
    """The first slots on so many devices, one on each; fewer where there are no more."""
    chosen: dict[Hashable, int] = {}
    for slot in slots:
        chosen.setdefault(device(slot), slot)
        if len(chosen) == count:
            break
    return list(chosen.values())


def _share(bundle: BundleRow, left: int, slots: int) -> Share:
    return Share(bundle, max(1, min(bundle.trials, -(-left // (2 * slots)))))


def _in_order(pending: Pending) -> list[Ready]:
    ready: list[Ready] = [
        *pending.prepares,
        *(item for item in pending.models if item.waits_for is None),
        *(item for item in pending.bundles if item.waits_for is None and item.trials),
    ]
    return sorted(ready, key=lambda item: (-item.priority, -_corpora(item)))


def _corpora(item: Ready) -> int:
    return len(item.model.corpora) if isinstance(item, PendingModel) else 0
