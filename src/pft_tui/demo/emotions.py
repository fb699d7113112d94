"""How emotions sound: offsets from neutral speech on the dimensions that listeners judge by.

Every dimension is zero for neutral speech and adds up, so a weaker emotion is a scaled one, two mixed
emotions are a mean, and a speaker's personal style is one factor for each dimension. Signs and rough
sizes follow Scherer (2003), "Vocal communication of emotion: a review of research paradigms"; they are
drawn larger than life, as an actor would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Emotion:
    """Offsets from neutral speech."""

    pitch: float = 0.0
    """Level of the pitch, in semitones."""
    movement: float = 0.0
    """Size of the pitch movements, in octaves of a factor (1 = twice as large)."""
    final: float = 0.0
    """Rise (or fall, if negative) over the last third of the utterance, in semitones."""
    rate: float = 0.0
    """Syllables a second, in octaves of a factor."""
    loudness: float = 0.0
    """Level, in dB."""
    dynamics: float = 0.0
    """Depth of the level's dips between syllables, in dB."""
    swell: float = 0.0
    """Change of level from the first syllable to the last, in dB."""
    tilt: float = 0.0
    """Loss of the voice at 3 kHz, in dB: lax voices lose more, pressed ones less."""
    openness: float = 0.0
    """Open share of the glottal cycle, from 0 to 1."""
    breath: float = 0.0
    """Level of the breath noise in the voice, in dB."""
    roughness: float = 0.0
    """Irregularity from one glottal cycle to the next, in octaves of a factor."""
    tremor: float = 0.0
    """Trembling of pitch and level at some 7 Hz, in semitones."""
    smile: float = 0.0
    """Shortening of the vocal tract by spread lips, as a share of the formants."""

    def __add__(self, other: Emotion) -> Emotion:
        return Emotion(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def scaled(self, factor: float) -> Emotion:
        """This emotion, weaker or stronger."""
        return Emotion(*(factor * value for value in astuple(self)))

    def styled(self, factors: Sequence[float]) -> Emotion:
        """This emotion with each dimension times its own factor."""
        return Emotion(*(factor * value for factor, value in zip(factors, astuple(self), strict=True)))

    def mixed(self, other: Emotion, share: float = 0.5) -> Emotion:
        """A mean of two emotions, `share` of it the other."""
        return self.scaled(1.0 - share) + other.scaled(share)


NEUTRAL = Emotion()
ANGER = Emotion(
    pitch=4, movement=0.6, final=-4, rate=0.4, loudness=8, dynamics=12, swell=-1,
    tilt=-9, openness=-0.2, breath=-4, roughness=1.6, smile=-0.03,
)  # fmt: skip
HAPPINESS = Emotion(
    pitch=5, movement=1.2, final=2, rate=0.15, loudness=4, dynamics=3, swell=2,
    tilt=-4, openness=-0.05, breath=1, roughness=-0.3, smile=0.13,
)  # fmt: skip
SADNESS = Emotion(
    pitch=-3, movement=-1.2, final=-2, rate=-0.7, loudness=-8, dynamics=-8, swell=-8,
    tilt=9, openness=0.15, breath=6, roughness=0.3, tremor=0.1, smile=-0.04,
)  # fmt: skip
SURPRISE = Emotion(
    pitch=7, movement=1.0, final=12, rate=-0.2, loudness=3, dynamics=-4, swell=10,
    tilt=1, openness=0.15, breath=6, roughness=-0.3, smile=0.02,
)  # fmt: skip
FEAR = Emotion(
    pitch=8, movement=-0.4, final=1, rate=0.5, loudness=2, dynamics=2, swell=1,
    tilt=2, openness=0.1, breath=9, roughness=0.8, tremor=1.2, smile=0.02,
)  # fmt: skip
DISGUST = Emotion(
    pitch=-2, movement=0.2, final=-4, rate=-0.35, loudness=1, dynamics=5, swell=-3,
    tilt=-2, openness=-0.15, breath=0, roughness=1.8, smile=-0.08,
)  # fmt: skip
CONTEMPT = Emotion(
    pitch=-1, movement=0.3, final=-3, rate=-0.25, loudness=-1, dynamics=1, swell=-1,
    tilt=2, openness=-0.05, breath=2, roughness=0.6, smile=0.05,
)  # fmt: skip
FRUSTRATION = ANGER.mixed(SADNESS, 0.3).scaled(0.8)
EXCITEMENT = HAPPINESS.scaled(1.3)
