"""Which slot gets which work: a pure function of what is pending and what the slots are doing.

Work is given out in the order of the experiment's critical path: corpora are prepared first, then models are
pre-finetuned (those on most corpora first, since they take longest), then trials run. Whatever is ready fills
a free slot, so trials of the encoder as it is run beside the first pre-finetunings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pft_tui.specs import CorpusRef, ModelSpec


@dataclass(frozen=True, slots=True)
class PrepareWork:
    """A corpus whose audio is to be decoded."""

    corpus: CorpusRef


@dataclass(frozen=True, slots=True)
class ModelWork:
    """A model to pre-finetune."""

    model: ModelSpec


@dataclass(frozen=True, slots=True)
class BundleWork:
    """Pending trials of one model (None for methods without an encoder) and one speaker.

    `trials` says how many are pending, `take` how many of them to hand out now.
    """

    model_id: str | None
    method: str
    protocol: str
    downstream: CorpusRef
    speaker: str
    trials: int
    take: int = 0


Work = PrepareWork | ModelWork | BundleWork


@dataclass(frozen=True, slots=True)
class Pending:
    """The queue at one moment: what waits, and what has been done that others wait for."""

    prepares: Sequence[PrepareWork] = ()
    models: Sequence[ModelWork] = ()
    bundles: Sequence[BundleWork] = ()
    prepared: frozenset[CorpusRef] = frozenset()
    finished_models: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assign:
    """Give a free slot its next work."""

    slot: int
    work: Work


def plan(pending: Pending, free: Iterable[int], slots: int) -> list[Assign]:
    """Work for each free slot, as far as there is work that waits for nothing.

    `slots` counts all slots, free and busy: near the end of the grid bundles are cut smaller, so that all
    slots end at about the same time.
    """
    left = sum(bundle.trials for bundle in pending.bundles)
    work = _in_order(pending)
    assigned = []
    for slot in free:
        chosen = next(work, None)
        if chosen is None:
            break
        if isinstance(chosen, BundleWork):
            chosen = _cut(chosen, left, slots)
            left -= chosen.take
        assigned.append(Assign(slot, chosen))
    return assigned


def _in_order(pending: Pending) -> Iterator[Work]:
    yield from pending.prepares
    ready = [work for work in pending.models if pending.prepared.issuperset(work.model.corpora)]
    yield from sorted(ready, key=lambda work: (-len(work.model.corpora), work.model.corpus_set))
    for bundle in pending.bundles:
        model_is_there = bundle.model_id is None or bundle.model_id in pending.finished_models
        if model_is_there and bundle.downstream in pending.prepared:
            yield bundle


def _cut(bundle: BundleWork, left: int, slots: int) -> BundleWork:
    """At most half of an even share of what is left, so that a slot's last bundle is a short one."""
    share = -(-left // (2 * slots))
    return replace(bundle, take=max(1, min(bundle.trials, share)))
