"""IEMOCAP_full_release: acted dialogues of two, in five sessions."""

from __future__ import annotations

import numpy as np

from pft_tui.demo.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EXCITEMENT,
    FEAR,
    FRUSTRATION,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
    Emotion,
)  # fmt: skip
from pft_tui.demo.rooms import Room
from pft_tui.demo.scale import Scale
from pft_tui.demo.speakers import draw_cast
from pft_tui.demo.takes import Release, Take, deal, enact, rate_affect

FOLDER = "IEMOCAP_full_release"
ROOM = Room(noise=28.0, echo=0.25, decay=0.2)
STRENGTH = 0.9
SESSIONS = 5
DIALOGS = ("F_impro01", "M_impro02", "F_script01_1")
EMOTIONS: dict[str, Emotion | None] = {
    "neu": NEUTRAL, "ang": ANGER, "sad": SADNESS, "hap": HAPPINESS, "exc": EXCITEMENT, "fru": FRUSTRATION,
    "sur": SURPRISE, "fea": FEAR, "dis": DISGUST, "oth": CONTEMPT, "xxx": None,
}  # fmt: skip
SHARES = {
    "neu": 17, "ang": 17, "sad": 17, "hap": 11, "exc": 10, "fru": 11, "sur": 7, "fea": 3, "dis": 1, "oth": 1,
    "xxx": 5,
}  # fmt: skip
RATER_WORDS = {
    "neu": "Neutral", "ang": "Anger", "sad": "Sadness", "hap": "Happiness", "exc": "Excited",
    "fru": "Frustration", "sur": "Surprise", "fea": "Fear", "dis": "Disgust", "oth": "Other",
}  # fmt: skip
HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"


def plan(rng: np.random.Generator, scale: Scale) -> Release:
    """Takes and EmoEvaluation files; each session has a woman and a man, who speak by turns."""
    speakers = draw_cast(rng, 2 * SESSIONS, "English")
    takes: list[Take] = []
    evaluations: dict[tuple[int, str], list[str]] = {}
    turns: dict[str, int] = {}
    for index, code in enumerate(deal(rng, SHARES, scale.iemocap)):
        session = index // 2 % SESSIONS + 1
        dialog = f"Ses{session:02d}{DIALOGS[index // (2 * SESSIONS) % len(DIALOGS)]}"
        sex = "FM"[index % 2]
        number = turns.get(dialog + sex, 0)
        turns[dialog + sex] = number + 1
        turn = f"{dialog}_{sex}{number:03d}"
        path = f"Session{session}/sentences/wav/{dialog}/{turn}.wav"
        emotion = EMOTIONS[code]
        speaker = speakers[2 * (session - 1) + index % 2]
        takes.append(Take(path, speaker, enact(rng, emotion, STRENGTH), ROOM))
        evaluations.setdefault((session, dialog), []).append(_turn(rng, turn, code, 6.0 * number, len(takes)))
    texts = {}
    for (session, dialog), lines in evaluations.items():
        folder = f"Session{session}/dialog/EmoEvaluation"
        texts[f"{folder}/{dialog}.txt"] = (HEADER + "\n".join(lines)).encode()
        texts[f"{folder}/Categorical/{dialog}_e2_cat.txt"] = _categorical(lines).encode()
    return Release(takes, texts)


def _turn(rng: np.random.Generator, turn: str, code: str, start: float, count: int) -> str:
    """A turn's line, and those of its raters; every ninth has one who gave no dominance."""
    valence, activation, dominance = (round(2 * v) / 2 for v in rate_affect(rng, EMOTIONS[code], 1.0, 5.0))
    lines = [
        f"[{start:.4f} - {start + 2.5:.4f}]\t{turn}\t{code}\t"
        f"[{valence:.4f}, {activation:.4f}, {dominance:.4f}]"
    ]
    words = _votes(rng, code)
    lines += [f"C-E{number}:\t{word};\t()" for number, word in enumerate(words, start=2)]
    for number in (2, 3):
        v, a, d = (round(value) for value in rate_affect(rng, EMOTIONS[code], 1.0, 5.0))
        dom = "" if number == 3 and count % 9 == 0 else str(d)
        lines.append(f"A-E{number}:\tval {v}; act {a}; dom  {dom};\t()")
    return "\n".join(lines) + "\n"


def _votes(rng: np.random.Generator, code: str) -> list[str]:
    """What three raters chose: two agree on the turn's code, none agree on an `xxx`."""
    others = [word for other, word in RATER_WORDS.items() if other != code]
    strays = [others[int(index)] for index in rng.permutation(len(others))[:3]]
    return strays if code == "xxx" else [RATER_WORDS[code], RATER_WORDS[code], strays[0]]


def _categorical(turns: list[str]) -> str:
    """One rater's own file, as it lies in the folder beside the dialogs' files."""
    return "".join(
        f"{turn.split(chr(9))[1]} :{turn.split('C-E2:')[1].split(';')[0].strip()}; ()\n" for turn in turns
    )
