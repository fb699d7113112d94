"""Who speaks: a voice, and a personal way of showing emotion."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from pft_tui.demo.emotions import Emotion

Sex = Literal["female", "male"]
Language = Literal["English", "Mandarin"]

STYLE_SPREAD = 0.2
"""Standard deviation of the log of a speaker's own factor on each dimension of emotion."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice at rest, and how it departs from rest."""

    sex: Sex
    language: Language
    pitch: float
    """Pitch of neutral speech, in Hz."""
    formants: float
    """Factor on the formants of an average man; larger for a shorter vocal tract."""
    rate: float
    """Syllables a second in neutral speech."""
    habit: Emotion
    """The speaker's everyday voice, as an offset from everybody's."""
    style: tuple[float, ...]
    """One factor for each dimension of `Emotion`: how strongly the speaker uses it."""

    def express(self, emotion: Emotion) -> Emotion:
        """`emotion` as this speaker shows it, everyday voice included."""
        return emotion.styled(self.style) + self.habit


def draw_speaker(rng: np.random.Generator, sex: Sex, language: Language) -> Speaker:
    """A new speaker: men's pitch lies around 115 Hz and women's around 205, between 90 and 260 Hz."""
    centre, low, high = (115.0, 90.0, 160.0) if sex == "male" else (205.0, 165.0, 260.0)
    pitch = float(np.clip(centre * 2 ** (rng.normal(0, 2.0) / 12), low, high))
    formants = (1.0 if sex == "male" else 1.16) * float(np.exp(rng.normal(0, 0.04)))
    habit = Emotion(
        movement=rng.normal(0, 0.2),
        dynamics=rng.normal(0, 1.5),
        tilt=rng.normal(0, 2.0),
        openness=rng.normal(0, 0.04),
        breath=rng.normal(0, 2.0),
        roughness=rng.normal(0, 0.3),
    )
    style = np.exp(rng.normal(0, STYLE_SPREAD, size=len(fields(Emotion))))
    return Speaker(
        sex=sex,
        language=language,
        pitch=pitch,
        formants=formants,
        rate=float(rng.uniform(4.3, 5.5)),
        habit=habit,
        style=tuple(float(factor) for factor in style),
    )


def draw_cast(rng: np.random.Generator, count: int, language: Language) -> list[Speaker]:
    """`count` speakers, women and men by turns."""
    sexes: tuple[Sex, Sex] = ("female", "male")
    return [draw_speaker(rng, sexes[index % 2], language) for index in range(count)]
