"""A glottal source: pulses of air, more or less regular, abrupt and breathy.

The pulse is the one of Klatt and Klatt (1990), "Analysis, synthesis, and perception of voice quality
variations among female and male talkers" (there KLGLOTT88), with their open quotient, spectral tilt and
breath noise.
"""

from __future__ import annotations

import numpy as np

from pft_tui.demo.emotions import Emotion
from pft_tui.demo.movement import HOP, RATE, Movement, Signal

NEUTRAL_OPENNESS = 0.6
"""Open share of the glottal cycle in neutral speech."""
NEUTRAL_TILT = 10.0
"""Loss at 3 kHz in neutral speech, in dB."""
NEUTRAL_BREATH = -32.0
"""Level of the breath noise in neutral speech, in dB."""
NEUTRAL_JITTER = 0.008
"""Standard deviation of the length of a cycle in neutral speech, as a share."""
NEUTRAL_SHIMMER = 0.05
"""Standard deviation of the log of the amplitude of a cycle in neutral speech."""


def glottal_source(movement: Movement, manner: Emotion, samples: int, rng: np.random.Generator) -> Signal:
    """Derivative of the flow of air through the glottis, shape (samples,)."""
    time = np.arange(samples)
    frame = np.arange(len(movement.pitch)) * HOP
    pitch = np.interp(time, frame, movement.pitch)
    level = np.interp(time, frame, movement.voicing)
    cycle = np.floor(np.cumsum(pitch) / RATE).astype(int)
    irregularity = 2.0**manner.roughness
    jitter = rng.normal(0.0, NEUTRAL_JITTER * irregularity, size=cycle[-1] + 1)
    shimmer = np.exp(rng.normal(0.0, NEUTRAL_SHIMMER * irregularity, size=cycle[-1] + 1))
    phase = np.cumsum(pitch * (1.0 + jitter[cycle])) / RATE % 1.0
    openness = float(np.clip(NEUTRAL_OPENNESS + manner.openness, 0.3, 0.9))
    share = phase / openness
    is_open = share < 1.0
    pulses = np.where(is_open, 2.0 * share - 3.0 * share**2, 0.0) * level * shimmer[cycle]
    breath = 10.0 ** ((NEUTRAL_BREATH + manner.breath) / 20.0) * level * np.where(is_open, 1.0, 0.3)
    noise: Signal = breath * rng.normal(size=samples)
    return _tilted(pulses, NEUTRAL_TILT + manner.tilt) + noise


def _tilted(signal: Signal, loss: float) -> Signal:
    """`signal` through a one-pole low-pass that loses `loss` dB at 3 kHz."""
    gain = 10.0 ** (-max(loss, 0.5) / 10.0)
    half = 1.0 - gain * np.cos(2.0 * np.pi * 3000.0 / RATE)
    pole = (half - np.sqrt(half**2 - (1.0 - gain) ** 2)) / (1.0 - gain)
    # The response dies out within half the transform, which is longer than the signal by as much.
    size = 2048 * (len(signal) // 2048 + 2)
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    spectrum = np.fft.rfft(signal, size) * (1.0 - pole) / (1.0 - pole * delay)
    return np.fft.irfft(spectrum, size)[: len(signal)]
