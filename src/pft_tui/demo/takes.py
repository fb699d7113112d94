"""What is to be recorded for a release: takes, and the text files that label them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pft_tui.demo.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EXCITEMENT,
    FEAR,
    FRUSTRATION,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
    Emotion,
)
from pft_tui.demo.movement import RATE
from pft_tui.demo.rooms import Room
from pft_tui.demo.speakers import Speaker

# Valence, activation and dominance of each emotion, from -1 to 1.
AFFECT = {
    NEUTRAL: (0.0, 0.0, 0.0),
    ANGER: (-0.7, 0.7, 0.7),
    HAPPINESS: (0.7, 0.4, 0.3),
    EXCITEMENT: (0.7, 0.7, 0.4),
    SADNESS: (-0.6, -0.5, -0.5),
    SURPRISE: (0.2, 0.6, 0.0),
    FEAR: (-0.6, 0.6, -0.6),
    DISGUST: (-0.6, 0.1, 0.3),
    CONTEMPT: (-0.4, -0.1, 0.4),
    FRUSTRATION: (-0.6, 0.4, 0.3),
}
UNCLEAR = (ANGER, HAPPINESS, SADNESS, SURPRISE, NEUTRAL)


@dataclass(frozen=True, slots=True)
class Take:
    """One recording: `path` is relative to the release's root, `rate` in Hz."""

    path: str
    speaker: Speaker
    emotion: Emotion
    room: Room
    rate: int = RATE


@dataclass(frozen=True, slots=True)
class Release:
    """Everything that stands under a release's root; `texts` maps paths to their bytes."""

    takes: list[Take]
    texts: Mapping[str, bytes]


def deal(rng: np.random.Generator, shares: Mapping[str, float], count: int) -> list[str]:
    """`count` codes in random order, as many of each as its share asks for and at least one of each."""
    total = sum(shares.values())
    codes = list(shares)
    due = np.array([shares[code] / total * count for code in codes])
    given = np.maximum(np.floor(due).astype(int), 1)
    for _ in range(count - int(given.sum())):
        given[int(np.argmax(due - given))] += 1
    while given.sum() > count:
        given[int(np.argmax(given))] -= 1
    dealt = [code for code, times in zip(codes, given, strict=True) for _ in range(int(times))]
    return [dealt[int(index)] for index in rng.permutation(len(dealt))]


def enact(rng: np.random.Generator, emotion: Emotion | None, strength: float) -> Emotion:
    """One performance of `emotion`, at about `strength`; without one, a mixture nobody can name."""
    if emotion is None:
        first, second = rng.permutation(len(UNCLEAR))[:2]
        emotion = UNCLEAR[int(first)].mixed(UNCLEAR[int(second)])
    return emotion.scaled(strength * float(np.exp(rng.normal(0.0, 0.15))))


def rate_affect(
    rng: np.random.Generator, emotion: Emotion | None, low: float, high: float
) -> tuple[float, float, float]:
    """A listener's valence, activation and dominance on a scale from `low` to `high`."""
    felt = AFFECT[emotion] if emotion is not None else (0.0, 0.0, 0.0)
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    valence, activation, dominance = (
        float(np.clip(middle + half * (value + rng.normal(0.0, 0.2)), low, high)) for value in felt
    )
    return valence, activation, dominance
