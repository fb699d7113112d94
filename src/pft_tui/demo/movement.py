"""How a voice moves through an utterance: pitch, level, noise and formants, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pft_tui.demo.emotions import Emotion
from pft_tui.demo.speakers import Speaker
from pft_tui.demo.syllables import MELODY_POINTS, Syllable

Signal = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

RATE = 16_000
"""Samples a second."""
HOP = 160
"""Samples from one frame to the next: 10 ms."""

NEUTRAL_DIP = 12.0
"""Fall of the level from the middle of a syllable to its edge in neutral speech, in dB."""
WEAK_SYLLABLE = 6.0
"""How much softer an unstressed syllable is, in dB."""
DECLINATION = 2.0
"""Fall of the pitch over a neutral phrase, in semitones."""
HISS, BURST = 0.05, 0.12
"""Amplitude of the noise of fricatives and stops in neutral speech, where that of a vowel's source is 1."""
LOWEST_PITCH, HIGHEST_PITCH = 50.0, 600.0
UPPER_FORMANTS = (3500.0, 4500.0)
"""The fourth and fifth formant of men, in Hz, which hardly depend on the vowel."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One value for each frame; `formants` has the shape (frames, 5)."""

    pitch: Signal
    """Hz."""
    voicing: Signal
    """Amplitude of the voice, linear."""
    noise: Signal
    """Amplitude of the consonants' noise, linear."""
    burst: Signal
    """Centre of that noise, in Hz."""
    formants: Signal
    """Hz."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where each frame lies: in which syllable, how far into it and into the utterance (0 to 1)."""

    seconds: Signal
    syllable: npt.NDArray[np.intp]
    within: Signal
    course: Signal

    def spread(self, values: Sequence[float] | Signal) -> Signal:
        """One value for each syllable, as one value for each frame."""
        return np.asarray(values, dtype=np.float64)[self.syllable]


def move(
    speaker: Speaker, manner: Emotion, syllables: Sequence[Syllable], samples: int, rng: np.random.Generator
) -> Movement:
    """The movement of `speaker` saying `syllables` in `manner` for `samples` samples."""
    timeline = _timeline(syllables, samples)
    tremble = manner.tremor * np.sin(2 * np.pi * (rng.uniform(6, 8) * timeline.seconds + rng.uniform()))
    swell = manner.swell * (timeline.course - 0.5)
    onset = timeline.within < timeline.spread([s.onset_share for s in syllables])
    return Movement(
        pitch=_pitch(speaker, manner, syllables, timeline, tremble),
        voicing=_voicing(manner, syllables, timeline, onset, swell + 1.5 * tremble),
        noise=_noise(manner, syllables, timeline, onset, swell),
        burst=timeline.spread([s.burst for s in syllables]),
        formants=_formants(speaker, manner, syllables, timeline),
    )


def _timeline(syllables: Sequence[Syllable], samples: int) -> Timeline:
    """Lay the syllables over as many frames as `samples` samples take."""
    seconds = np.arange(samples // HOP + 2) * HOP / RATE
    starts = np.array([s.start for s in syllables])
    syllable = np.clip(np.searchsorted(starts, seconds, side="right") - 1, 0, len(syllables) - 1)
    lengths = np.array([s.length for s in syllables])
    within = np.clip((seconds - starts[syllable]) / lengths[syllable], 0.0, 1.0)
    return Timeline(seconds, syllable, within, seconds / seconds[-1])


def _pitch(
    speaker: Speaker, manner: Emotion, syllables: Sequence[Syllable], timeline: Timeline, tremble: Signal
) -> Signal:
    """Tones or accents on a falling line, stretched and shifted by the emotion; in Hz."""
    melodies = np.array([s.melody for s in syllables])
    place = timeline.within * (MELODY_POINTS - 1)
    before = np.minimum(place.astype(int), MELODY_POINTS - 2)
    share = place - before
    melody = (1 - share) * melodies[timeline.syllable, before]
    melody += share * melodies[timeline.syllable, before + 1]
    declination = DECLINATION * (0.5 - timeline.course)
    last_third = np.clip(3.0 * timeline.course - 2.0, 0.0, None)
    semitones = manner.pitch + 2.0**manner.movement * (melody + declination) + manner.final * last_third
    pitch = speaker.pitch * 2.0 ** ((_smooth(semitones, 5) + tremble) / 12.0)
    return np.clip(pitch, LOWEST_PITCH, HIGHEST_PITCH)


def _voicing(
    manner: Emotion, syllables: Sequence[Syllable], timeline: Timeline, onset: Mask, extra: Signal
) -> Signal:
    """A hump for each syllable, silent in stops and fricatives; `extra` in dB."""
    dip = max(NEUTRAL_DIP + manner.dynamics, 1.0)
    level = extra - dip * (2.0 * timeline.within - 1.0) ** 4
    level -= WEAK_SYLLABLE * (1.0 - timeline.spread([s.weight for s in syllables]))
    level -= np.where(onset & _is(syllables, timeline, "sonorant"), 8.0, 0.0)
    silent = onset & (_is(syllables, timeline, "stop") | _is(syllables, timeline, "fricative"))
    return _smooth(np.where(silent, 0.0, 10.0 ** (level / 20.0)), 3)


def _noise(
    manner: Emotion, syllables: Sequence[Syllable], timeline: Timeline, onset: Mask, swell: Signal
) -> Signal:
    """Fricatives hiss through their onset, stops burst at its end; both grow with the effort of speaking."""
    onset_share = timeline.spread([s.onset_share for s in syllables])
    hiss = onset & _is(syllables, timeline, "fricative")
    pop = onset & _is(syllables, timeline, "stop") & (timeline.within > 0.6 * onset_share)
    strength = np.where(hiss, HISS, 0.0) + np.where(pop, BURST, 0.0)
    return _smooth(strength, 3) * 10.0 ** ((swell + manner.loudness) / 20.0)


def _formants(speaker: Speaker, manner: Emotion, syllables: Sequence[Syllable], timeline: Timeline) -> Signal:
    """The vowels' formants, gliding from one syllable to the next; in Hz, shape (frames, 5)."""
    vowels = np.array([s.vowel for s in syllables])
    lower = [_smooth(timeline.spread(formant), 7) for formant in vowels.T]
    upper = [np.full(len(timeline.seconds), formant) for formant in UPPER_FORMANTS]
    return speaker.formants * (1.0 + manner.smile) * np.stack(lower + upper, axis=1)


def _is(syllables: Sequence[Syllable], timeline: Timeline, onset: str) -> Mask:
    """Frames whose syllable begins with such an onset."""
    return np.array([s.onset == onset for s in syllables])[timeline.syllable]


def _smooth(track: Signal, frames: int) -> Signal:
    """A running mean over an odd number of frames, the ends held."""
    padded = np.pad(track, frames // 2, mode="edge")
    return np.convolve(padded, np.full(frames, 1.0 / frames), mode="valid")
