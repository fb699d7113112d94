"""MSP-IMPROV: scenarios written to bring out one emotion, and what listeners heard instead."""

from __future__ import annotations

import numpy as np

from pft_tui.demo.emotions import ANGER, CONTEMPT, HAPPINESS, NEUTRAL, SADNESS, Emotion
from pft_tui.demo.rooms import Room
from pft_tui.demo.scale import Scale
from pft_tui.demo.speakers import draw_cast
from pft_tui.demo.takes import Release, Take, deal, enact, rate_affect

FOLDER = "MSP-IMPROV"
ROOM = Room(noise=32.0, echo=0.15, decay=0.15)
STRENGTH = 0.9
SAMPLE_RATE = 44_100
SESSIONS = 6
INTENDED = "AHSN"
EMOTIONS: dict[str, Emotion | None] = {
    "A": ANGER, "H": HAPPINESS, "S": SADNESS, "N": NEUTRAL, "O": CONTEMPT, "X": None,
}  # fmt: skip
SHARES = {"A": 22, "H": 25, "S": 22, "N": 25, "O": 2, "X": 4}
CONDITIONS = {"P": 33, "R": 8, "S": 51, "T": 8}
WORDS = {"A": "Angry", "H": "Happy", "S": "Sad", "N": "Neutral", "O": "Other"}
AGREEMENT = 0.8
"""How often listeners hear what the scenario was written for."""
RATERS = 5


def plan(rng: np.random.Generator, scale: Scale) -> Release:
    """Takes and `Evalution.txt` (so spelled); a speaker's digits are those of the session."""
    speakers = draw_cast(rng, 2 * SESSIONS, "English")
    conditions = deal(rng, CONDITIONS, scale.msp_improv)
    takes: list[Take] = []
    blocks = []
    for index, (heard, condition) in enumerate(
        zip(deal(rng, SHARES, scale.msp_improv), conditions, strict=True)
    ):
        session, sex = index // 2 % SESSIONS + 1, "FM"[index % 2]
        scenario = f"S{int(rng.integers(20)) + 1:02d}{_intended(rng, heard)}"
        partners = "FM" if sex == "F" else "MF"
        # The number of the recording makes the name unique: the same scenario is played many times.
        name = f"{scenario}-{sex}{session:02d}-{condition}-{partners}{index // (2 * SESSIONS) + 1:02d}"
        path = f"session{session}/{scenario}/{condition}/MSP-IMPROV-{name}.wav"
        speaker = speakers[2 * (session - 1) + index % 2]
        takes.append(Take(path, speaker, enact(rng, EMOTIONS[heard], STRENGTH), ROOM, SAMPLE_RATE))
        blocks.append(_block(rng, name, heard))
    return Release(takes, {"Evalution.txt": "\n".join(blocks).encode()})


def _intended(rng: np.random.Generator, heard: str) -> str:
    """The emotion that the scenario was written for, given what listeners heard."""
    if heard in INTENDED and rng.uniform() < AGREEMENT:
        return heard
    others = INTENDED.replace(heard, "")
    return others[int(rng.integers(len(others)))]


def _block(rng: np.random.Generator, name: str, heard: str) -> str:
    """A recording's consensus and its raters' lines."""
    emotion = EMOTIONS[heard]
    ratings = [rate_affect(rng, emotion, 1.0, 5.0) for _ in range(RATERS)]
    valence, activation, dominance = np.mean(ratings, axis=0)
    naturalness = rng.uniform(2.0, 5.0)
    lines = [
        f"UTD-IMPROV-{name}.avi; {heard}; A:{activation:.6f}; V:{valence:.6f}; "
        f"D:{dominance:.6f} ; N:{naturalness:.6f};"
    ]
    for rater, (vote, (v, a, d)) in enumerate(zip(_votes(rng, heard), ratings, strict=True), start=1):
        word = WORDS[vote]
        given = "NaN" if rng.uniform() < 0.05 else f"{d:.6f}"
        attributes = f"A:{a:.6f}; V:{v:.6f}; D:{given}; N:{naturalness:.6f};"
        lines.append(f"RATER{rater:03d}; {word}; {word}; {attributes}")
    return "\n".join(lines) + "\n"


def _votes(rng: np.random.Generator, heard: str) -> list[str]:
    """Five votes: three or more for what was heard, or two, two and one where nobody agreed."""
    if heard == "X":
        first, second, third = (list(WORDS)[int(index)] for index in rng.permutation(len(WORDS))[:3])
        return [first, first, second, second, third]
    others = [code for code in WORDS if code != heard]
    strays = [others[int(index)] for index in rng.permutation(len(others))[: int(rng.integers(3))]]
    return [heard] * (RATERS - len(strays)) + strays
