"""IEMOCAP_full_release: acted dialogues of two, in five sessions."""

from __future__ import annotations

from dataclasses import dataclass

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
)
from pft_tui.demo.rooms import Room
from pft_tui.demo.scale import Scale
from pft_tui.demo.speakers import draw_cast
from pft_tui.demo.takes import Release, Take, deal, enact, rate_affect

FOLDER = "IEMOCAP_full_release"
ROOM = Room(noise=28.0, echo=0.25, decay=0.2)
STRENGTH = 0.9
SESSIONS = 5
DIALOGS = ("F_impro01", "M_impro02", "F_script01_1")
HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"


@dataclass(frozen=True, slots=True)
class Category:
    """A code of the release: its share of the turns in per cent, and the raters' word for it.

    Turns of code `xxx`, on which raters do not agree, have no emotion of their own.
    """

    share: float
    emotion: Emotion | None
    word: str = ""


CATEGORIES = {
    "neu": Category(16, NEUTRAL, "Neutral"),
    "ang": Category(16, ANGER, "Anger"),
    "sad": Category(16, SADNESS, "Sadness"),
    "hap": Category(11, HAPPINESS, "Happiness"),
    "exc": Category(10, EXCITEMENT, "Excited"),
    "fru": Category(11, FRUSTRATION, "Frustration"),
    "sur": Category(9, SURPRISE, "Surprise"),
    "fea": Category(4, FEAR, "Fear"),
    "dis": Category(1, DISGUST, "Disgust"),
    "oth": Category(1, CONTEMPT, "Other"),
    "xxx": Category(5, None),
}


def plan(rng: np.random.Generator, scale: Scale) -> Release:
    """Takes and EmoEvaluation files; each session has a woman and a man, who speak by turns."""
    speakers = draw_cast(rng, 2 * SESSIONS, "English")
    shares = {code: category.share for code, category in CATEGORIES.items()}
    takes: list[Take] = []
    texts: dict[str, str] = {}
    for index, code in enumerate(deal(rng, shares, scale.iemocap)):
        exchange, sex = index // 2, index % 2
        session = exchange % SESSIONS
        dialog = f"Ses{session + 1:02d}{DIALOGS[exchange // SESSIONS % len(DIALOGS)]}"
        number = exchange // (SESSIONS * len(DIALOGS))
        turn = f"{dialog}_{'FM'[sex]}{number:03d}"
        folder = f"Session{session + 1}"
        emotion = enact(rng, CATEGORIES[code].emotion, STRENGTH)
        path = f"{folder}/sentences/wav/{dialog}/{turn}.wav"
        takes.append(Take(path, speakers[2 * session + sex], emotion, ROOM))
        votes = _votes(rng, code)
        evaluation = f"{folder}/dialog/EmoEvaluation/{dialog}.txt"
        start = 6.0 * number + 3.0 * sex
        texts[evaluation] = texts.get(evaluation, HEADER) + _turn(rng, turn, code, start, votes)
        # One rater's own votes lie in a folder beside the dialogs' files.
        own = f"{folder}/dialog/EmoEvaluation/Categorical/{dialog}_e2_cat.txt"
        texts[own] = texts.get(own, "") + f"{turn} :{votes[0]}; ()\n"
    return Release(takes, {path: text.encode() for path, text in texts.items()})


def _turn(rng: np.random.Generator, turn: str, code: str, start: float, votes: list[str]) -> str:
    """A turn's block: its line, and those of its raters, of whom some forget the dominance."""
    emotion = CATEGORIES[code].emotion
    valence, activation, dominance = (round(2 * value) / 2 for value in rate_affect(rng, emotion, 1.0, 5.0))
    times = f"[{start:.4f} - {start + 2.5:.4f}]"
    lines = [f"{times}\t{turn}\t{code}\t[{valence:.4f}, {activation:.4f}, {dominance:.4f}]"]
    lines += [f"C-E{number}:\t{word};\t()" for number, word in enumerate(votes, start=2)]
    for rater in ("A-E3", "A-E4"):
        v, a, d = (round(value) for value in rate_affect(rng, emotion, 1.0, 5.0))
        given = "" if rng.uniform() < 0.05 else d
        lines.append(f"{rater}:\tval {v}; act {a}; dom  {given};\t()")
    return "\n".join(lines) + "\n\n"


def _votes(rng: np.random.Generator, code: str) -> list[str]:
    """What three raters chose: two agree on the turn's code, none agree on an `xxx`."""
    others = [category.word for other, category in CATEGORIES.items() if other not in (code, "xxx")]
    strays = [others[int(index)] for index in rng.permutation(len(others))[:3]]
    return strays if code == "xxx" else [CATEGORIES[code].word] * 2 + strays[:1]
