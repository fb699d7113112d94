"""Where and through what a corpus was recorded: room, noise, microphone and sample rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pft_tui.demo.movement import RATE, Signal
from pft_tui.demo.voice import NEUTRAL_LEVEL

LOUDEST = 0.9
"""Louder recordings are turned down to this peak, as a share of full scale."""


@dataclass(frozen=True, slots=True)
class Room:
    """A recording condition."""

    noise: float
    """How far the noise lies below neutral speech, in dB."""
    echo: float = 0.0
    """Level of the reverberation relative to the voice, linear."""
    decay: float = 0.2
    """Time in which the reverberation falls by 60 dB, in seconds."""
    tilt: float = 0.0
    """What the microphone adds from 500 Hz to 4 kHz, in dB."""
    cutoff: float = 7_800.0
    """Where the sound ends, in Hz."""


def record(
    speech: npt.NDArray[np.float32], room: Room, rate: int, rng: np.random.Generator
) -> npt.NDArray[np.int16]:
    """16-bit samples of `speech` (16 kHz) at `rate` Hz, of the same duration, never clipped."""
    # A transform of whole 0.2 s, which is a whole number of samples at every rate of the releases.
    block = RATE // 5
    blocks = (len(speech) + round(room.decay * RATE)) // block + 1
    size = block * blocks
    spectrum = np.fft.rfft(speech, size)
    if room.echo > 0.0:
        spectrum *= np.fft.rfft(_response(room, rng), size)
    spectrum += np.fft.rfft(_noise(room, size, rng))
    spectrum *= _microphone(room, size)
    duration = round(len(speech) * rate / RATE)
    sound = np.fft.irfft(spectrum, blocks * (rate // 5))[:duration] * (rate / RATE)
    peak = float(np.abs(sound).max())
    if peak > LOUDEST:
        sound *= LOUDEST / peak
    return np.round(sound * 32767.0).astype(np.int16)


def _response(room: Room, rng: np.random.Generator) -> Signal:
    """The direct sound, and after it noise that dies away with the energy of `echo` squared."""
    time = np.arange(round(room.decay * RATE)) / RATE
    tail = rng.normal(size=len(time)) * 10.0 ** (-3.0 * time / room.decay)
    tail *= room.echo / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def _noise(room: Room, size: int, rng: np.random.Generator) -> Signal:
    """The room's white noise."""
    return rng.normal(scale=10.0 ** ((NEUTRAL_LEVEL - room.noise) / 20.0), size=size)


def _microphone(room: Room, size: int) -> Signal:
    """Gain at each bin of a transform: a tilt over the octaves, and a fourth-order low-pass."""
    frequency = np.arange(size // 2 + 1) * (RATE / size)
    octaves = np.log2(np.maximum(frequency, 60.0) / 500.0)
    gain: Signal = 10.0 ** (room.tilt * octaves / 3.0 / 20.0)
    gain /= np.sqrt(1.0 + (frequency / room.cutoff) ** 8)
    return gain
