"""What is drawn: the utterances that a trial trains on, and the order in which training meets them.

Every draw follows from seeds by hashing or by a generator made for it alone, never from what ran before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Literal

import numpy as np

from pft_tui.errors import SpecError
from pft_tui.specs import ALL_EMOTIONS, identify

Sampling = Literal["size", "uniform", "temperature"]


def seed_of(*parts: object) -> int:
    """A 64-bit seed that follows from plain data alone, the same on every machine."""
    return int(identify(*parts), 16)


def draw_examples(
    utterances: Sequence[tuple[str, str]], *, speaker: str, emotion: str, k: int, trial: int, seed: int
) -> tuple[str, ...]:
    """The ids of the `k` utterances that a trial trains on, drawn without replacement.

    `utterances` are the (id, label) pairs of the speaker's training split, in any order. For one emotion
    k/2 utterances of it and k/2 of the rest are drawn; for `all` emotions k is spread over the labels as
    evenly as it goes. The model takes no part in the draw, so the trials of all models are paired.
    Raises SpecError where k does not fit the split.
    """
    cell = ("examples", seed, speaker, emotion, k, trial)
    pools: dict[str, list[str]] = defaultdict(list)
    for utterance_id, label in utterances:
        pools[label if emotion == ALL_EMOTIONS else _side(label, emotion)].append(utterance_id)
    wanted = _spread(k, sorted(pools), cell) if emotion == ALL_EMOTIONS else _halves(k, emotion)
    drawn: list[str] = []
    for name, needed in wanted.items():
        pool = pools.get(name, [])
        if needed > len(pool):
            raise SpecError(
                f"speaker {speaker}, emotion {emotion}, k={k}: {needed} {name} training utterances "
                f"are needed, {len(pool)} are available",
                hint="lower grid.shots, or leave this speaker or emotion out",
            )
        drawn += _ranked(pool, cell)[:needed]
    return tuple(drawn)


def _side(label: str, emotion: str) -> str:
    return emotion if label == emotion else f"not-{emotion}"


def _halves(k: int, emotion: str) -> dict[str, int]:
    if k < 2 or k % 2:
        problem = f"k must be even, got {k}" if k % 2 else f"k must be at least 2, got {k}"
        raise SpecError(problem, hint="k/2 positive and k/2 negative utterances are drawn")
    return {emotion: k // 2, _side("", emotion): k // 2}


def _spread(k: int, labels: list[str], cell: tuple[object, ...]) -> dict[str, int]:
    if k < 2:
        raise SpecError(f"k must be at least 2, got {k}", hint="k utterances are spread over all emotions")
    if len(labels) < 2:
        raise SpecError(
            f"emotion {ALL_EMOTIONS}: the training split of speaker {cell[2]} has {len(labels)} "
            "of the two or more labels that it takes",
            hint="leave this speaker out",
        )
    share, remainder = divmod(k, len(labels))
    favoured = _ranked(labels, ("favoured", *cell))[:remainder]
    return {label: share + (label in favoured) for label in labels}


def _ranked(names: Sequence[str], cell: tuple[object, ...]) -> list[str]:
    """The names in an order that follows from the cell's seed, whatever order they come in.

    Ranking by a keyed hash is a draw without replacement that no library's generator can change.
    """
    key = seed_of(*cell).to_bytes(8, "big")
    return sorted(names, key=lambda name: (blake2b(name.encode(), key=key).digest(), name))


def epoch_order(
    sizes: Mapping[str, int], *, sampling: Sampling, temperature: float, seed: int, epoch: int
) -> list[tuple[str, int]]:
    """The (corpus, index) pairs of one epoch of pre-finetuning: as many as there are utterances in all.

    The corpus of each is drawn with p ~ size (`size`), evenly (`uniform`) or with p ~ size ** (1 / T)
    (`temperature`); its utterances come in a shuffled pass without replacement, and in another once the
    pass is used up. Only `seed` and `epoch` decide, so a resumed run needs no generator's state.
    """
    names = sorted(sizes)
    exponent = {"size": 1.0, "uniform": 0.0, "temperature": 1.0 / temperature}[sampling]
    weights = np.array([sizes[name] for name in names], dtype=np.float64) ** exponent
    rng = np.random.default_rng(seed_of("epoch", seed, epoch))
    tasks = rng.choice(len(names), size=sum(sizes.values()), p=weights / weights.sum())
    order = np.empty(len(tasks), dtype=np.int64)
    for number, name in enumerate(names):
        places = np.flatnonzero(tasks == number)
        passes = -(-len(places) // sizes[name])
        shuffled = [rng.permutation(sizes[name]) for _ in range(passes)]
        if shuffled:
            order[places] = np.concatenate(shuffled)[: len(places)]
    return [(names[task], int(index)) for task, index in zip(tasks.tolist(), order.tolist(), strict=True)]


def shuffled(count: int, *parts: object) -> list[int]:
    """The numbers 0 to count - 1 in an order that follows from `parts` alone."""
    order: list[int] = np.random.default_rng(seed_of("order", *parts)).permutation(count).tolist()
    return order
