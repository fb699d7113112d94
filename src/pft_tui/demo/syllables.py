"""What is said: a random string of syllables in the shape of English or Mandarin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pft_tui.demo.speakers import Language

Onset = Literal["none", "stop", "fricative", "sonorant"]
ONSETS: tuple[Onset, ...] = ("none", "stop", "fricative", "sonorant")

VOWELS: dict[Language, tuple[tuple[float, float, float], ...]] = {
    # First three formants of men, in Hz: Peterson and Barney (1952), table II.
    "English": (
        (270, 2290, 3010), (390, 1990, 2550), (530, 1840, 2480), (660, 1720, 2410), (730, 1090, 2440),
        (570, 840, 2410), (440, 1020, 2240), (300, 870, 2240), (640, 1190, 2390), (490, 1350, 1690),
    ),
    # Round figures for a, o, e, i, u and the front rounded vowel.
    "Mandarin": (
        (800, 1250, 2600), (550, 850, 2500), (480, 1150, 2500), (280, 2250, 3100), (340, 700, 2500),
        (290, 2000, 2400),
    ),
}  # fmt: skip

MELODY_POINTS = 5

# The four lexical tones as pitch at even points, on Chao's scale from 1 (low) to 5 (high).
TONES = (
    (5.0, 5.0, 5.0, 5.0, 5.0),
    (3.0, 3.0, 3.4, 4.2, 5.0),
    (2.2, 1.5, 1.0, 1.6, 3.2),
    (5.0, 4.6, 3.6, 2.2, 1.0),
)


@dataclass(frozen=True, slots=True)
class Syllable:
    """One syllable: times in seconds from the start of the utterance."""

    start: float
    length: float
    onset: Onset
    burst: float
    """Centre of the consonant's noise, in Hz."""
    vowel: tuple[float, float, float]
    weight: float
    """Stress, from 0 (weak) to 1 (full)."""
    melody: tuple[float, ...]
    """Pitch at even points over the syllable, in semitones from the phrase's line."""

    @property
    def onset_share(self) -> float:
        """The share of the syllable that its consonant takes."""
        return 0.0 if self.onset == "none" else 0.35


def draw_syllables(
    rng: np.random.Generator, language: Language, rate: float, seconds: float
) -> list[Syllable]:
    """Syllables that fill `seconds` at about `rate` syllables a second."""
    count = max(2, round(rate * seconds))
    lengths = rng.uniform(0.75, 1.25, size=count)
    lengths *= seconds / lengths.sum()
    starts = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    strong = int(rng.integers(2))
    syllables = []
    for index, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        onset = ONSETS[int(rng.choice(4, p=(0.15, 0.3, 0.25, 0.3)))]
        stressed = index % 2 == strong
        vowels = VOWELS[language]
        syllables.append(
            Syllable(
                start=float(start),
                length=float(length),
                onset=onset,
                burst=float(rng.uniform(2500, 5500)),
                vowel=vowels[int(rng.integers(len(vowels)))],
                weight=1.0 if stressed or language == "Mandarin" else 0.5,
                melody=_melody(rng, language, stressed),
            )
        )
    return syllables


def _melody(rng: np.random.Generator, language: Language, stressed: bool) -> tuple[float, ...]:
    """A lexical tone for Mandarin; for English a bump on a stressed syllable, else a dip."""
    if language == "Mandarin":
        tone = TONES[int(rng.integers(len(TONES)))]
        return tuple(1.6 * (level - 3.0) for level in tone)
    height = rng.uniform(2.0, 4.0) if stressed else -rng.uniform(0.5, 1.5)
    return tuple(float(height * share) for share in (0.3, 0.8, 1.0, 0.7, 0.2))
