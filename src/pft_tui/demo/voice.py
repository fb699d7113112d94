"""A synthesiser of speech-like sound: syllables, how the voice moves through them, source and tract."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pft_tui.demo.emotions import Emotion
from pft_tui.demo.glottis import glottal_source
from pft_tui.demo.movement import RATE, move
from pft_tui.demo.speakers import Language, Speaker
from pft_tui.demo.syllables import draw_syllables
from pft_tui.demo.tract import through_tract

NEUTRAL_LEVEL = -24.0
"""Root mean square of neutral speech, in dB below full scale."""


def synthesise(
    speaker: Speaker, emotion: Emotion, language: Language, rng: np.random.Generator, seconds: float
) -> npt.NDArray[np.float32]:
    """One utterance: mono samples at 16 kHz, shape (round(seconds * 16000),), within ±1."""
    samples = round(seconds * RATE)
    manner = speaker.express(emotion)
    syllables = draw_syllables(rng, language, speaker.rate * 2.0**manner.rate, seconds)
    movement = move(speaker, manner, syllables, samples, rng)
    speech = through_tract(glottal_source(movement, manner, samples, rng), movement, rng)
    level = 10.0 ** ((NEUTRAL_LEVEL + manner.loudness) / 20.0)
    speech *= level / np.sqrt(np.mean(speech**2))
    return np.tanh(speech).astype(np.float32)
