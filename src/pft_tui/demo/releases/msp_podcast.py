"""MSP-PODCAST: many speakers, each recorded in their own way, and splits without common speakers."""

from __future__ import annotations

import numpy as np

from pft_tui.demo.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    FEAR,
    FRUSTRATION,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
    Emotion,
)
from pft_tui.demo.rooms import Room
from pft_tui.demo.scale import Scale
from pft_tui.demo.speakers import Speaker, draw_cast
from pft_tui.demo.takes import Release, Take, deal, enact, rate_affect

FOLDER = "MSP-PODCAST"
STRENGTH = 0.85
SPEAKERS = 40
UNKNOWN_EVERY = 13
"""Every so many speakers, one whom nobody knows."""
EMOTIONS: dict[str, Emotion | None] = {
    "A": ANGER, "S": SADNESS, "H": HAPPINESS, "U": SURPRISE, "F": FEAR, "D": DISGUST, "C": CONTEMPT,
    "N": NEUTRAL, "O": FRUSTRATION, "X": None,
}  # fmt: skip
SHARES = {"N": 18, "H": 17, "A": 15, "S": 14, "U": 13, "F": 6, "D": 5, "C": 4, "O": 3, "X": 5}
SPLITS = ("Train",) * 7 + ("Development", "Test1", "Test2")
HEADER = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set"


def plan(rng: np.random.Generator, scale: Scale) -> Release:
    """Takes and the consensus labels, as from release 1.11 on."""
    speakers = draw_cast(rng, SPEAKERS, "English")
    rooms = [_room(rng) for _ in speakers]
    takes: list[Take] = []
    rows = [HEADER]
    for index, code in enumerate(deal(rng, SHARES, scale.msp_podcast)):
        number = index % SPEAKERS
        speaker = speakers[number]
        name = f"MSP-PODCAST_{number + 1:04d}_{index // SPEAKERS + 1:04d}.wav"
        takes.append(Take(f"Audios/{name}", speaker, enact(rng, EMOTIONS[code], STRENGTH), rooms[number]))
        rows.append(_row(rng, name, code, number, speaker))
    return Release(takes, {"Labels/labels_consensus.csv": ("\n".join(rows) + "\n").encode()})


def _room(rng: np.random.Generator) -> Room:
    """Somebody's own microphone, in their own room."""
    return Room(
        noise=float(rng.uniform(18.0, 34.0)),
        echo=float(rng.uniform(0.0, 0.4)),
        decay=float(rng.uniform(0.1, 0.3)),
        tilt=float(rng.uniform(-4.0, 4.0)),
        cutoff=float(rng.uniform(4_500.0, 7_800.0)),
    )


def _row(rng: np.random.Generator, name: str, code: str, number: int, speaker: Speaker) -> str:
    """A line of the label file; the attributes go from 1 to 7."""
    valence, activation, dominance = rate_affect(rng, EMOTIONS[code], 1.0, 7.0)
    known = "Unknown" if number % UNKNOWN_EVERY == UNKNOWN_EVERY - 1 else str(number + 1)
    split = SPLITS[number % len(SPLITS)]
    return (
        f"{name},{code},{activation:.1f},{valence:.1f},{dominance:.1f},"
        f"{known},{speaker.sex.capitalize()},{split}"
    )
