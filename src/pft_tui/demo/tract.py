"""A vocal tract: a cascade of five resonators for the voice, one for the consonants' noise.

The filters change from frame to frame, so each frame is filtered by itself in the frequency domain and
rings into the following ones. The resonator is that of Klatt (1980), "Software for a cascade/parallel
formant synthesizer".
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pft_tui.demo.movement import HOP, RATE, Movement, Signal

Spectrum = npt.NDArray[np.complex128]

TRANSFORM = 768
"""Samples of a frame's transform: 20 ms of signal, and 28 ms for the resonators to ring."""
NOISE_BANDWIDTH = 1500.0
"""Width of the consonants' noise, in Hz."""
HIGHEST_RESONANCE = 7500.0
"""A formant above this is held there, in Hz: the sound ends at 8000."""


def through_tract(voice: Signal, movement: Movement, rng: np.random.Generator) -> Signal:
    """The sound at the lips, for a `voice` of any length; same shape."""
    frames = len(movement.pitch)
    spectrum = _frames(voice, frames) * _resonators(movement.formants, 50.0 + 0.04 * movement.formants)
    noisy = np.flatnonzero(movement.noise > 0)
    hiss = _frames(rng.normal(size=len(voice)), frames)[noisy]
    shape = _resonators(movement.burst[noisy, None], np.full((len(noisy), 1), NOISE_BANDWIDTH))
    spectrum[noisy] += movement.noise[noisy, None] * shape * hiss
    total = np.zeros(HOP * frames + TRANSFORM)
    for start, piece in zip(range(0, HOP * frames, HOP), np.fft.irfft(spectrum, TRANSFORM), strict=True):
        total[start : start + TRANSFORM] += piece
    return total[HOP : HOP + len(voice)]


def _frames(signal: Signal, frames: int) -> Spectrum:
    """Spectra of half-overlapping Hann frames that sum to the signal, shape (frames, bins)."""
    padded = np.zeros(HOP * (frames + 1))
    padded[HOP : HOP + len(signal)] = signal
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * HOP)[::HOP]
    window = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * HOP) / HOP)
    return np.fft.rfft(pieces * window, TRANSFORM)


def _resonators(frequencies: Signal, bandwidths: Signal) -> Spectrum:
    """The response of resonators in a row, each with unit gain at 0 Hz, shape (frames, bins).

    `frequencies` and `bandwidths`, in Hz, have the shape (frames, resonators). All of them are one filter
    without zeros: its response is one over the transform of its coefficients.
    """
    radius = np.exp(-np.pi * bandwidths / RATE)
    cosine = np.cos(2.0 * np.pi * np.minimum(frequencies, HIGHEST_RESONANCE) / RATE)
    coefficients = np.ones((len(frequencies), 1))
    for first, second in zip((-2.0 * radius * cosine).T, (radius**2).T, strict=True):
        longer = np.pad(coefficients, ((0, 0), (0, 2)))
        longer[:, 1:-1] += first[:, None] * coefficients
        longer[:, 2:] += second[:, None] * coefficients
        coefficients = longer
    gain = coefficients.sum(axis=1, keepdims=True)
    response: Spectrum = gain / np.fft.rfft(coefficients, TRANSFORM)
    return response
