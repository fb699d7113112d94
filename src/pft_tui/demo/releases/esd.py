"""ESD: the same texts by each speaker in five emotions, with the release's own split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pft_tui.demo.emotions import ANGER, HAPPINESS, NEUTRAL, SADNESS, SURPRISE
from pft_tui.demo.rooms import Room
from pft_tui.demo.scale import Scale
from pft_tui.demo.speakers import Language, Sex, Speaker, draw_speaker
from pft_tui.demo.takes import Release, Take, enact

FOLDER = "ESD"
ROOM = Room(noise=38.0)
STRENGTH = 1.0
BLOCK = 350
"""Files of each emotion in the release, which number them through."""
EMOTIONS = {"Neutral": NEUTRAL, "Angry": ANGER, "Happy": HAPPINESS, "Sad": SADNESS, "Surprise": SURPRISE}
ENGLISH_TEXTS = ("The lamp is on the table.", "We saw two boats.", "Ask her tomorrow.", "It rains again.")
MANDARIN_TEXTS = ("灯在桌子上。", "我们看见两条船。", "明天问她吧。", "又下雨了。")
MANDARIN_WORDS = {"Neutral": "中立", "Angry": "生气", "Happy": "快乐", "Sad": "伤心", "Surprise": "惊喜"}


@dataclass(frozen=True, slots=True)
class Member:
    """A speaker of the release; the transcripts' encodings differ, as theirs do."""

    number: str
    sex: Sex
    language: Language
    encoding: str


CAST = (
    Member("0001", "female", "Mandarin", "gb2312"),
    Member("0004", "male", "Mandarin", "utf-8"),
    Member("0011", "male", "English", "utf-8"),
    Member("0015", "female", "English", "latin-1"),
)


def plan(rng: np.random.Generator, scale: Scale) -> Release:
    """Takes and each speaker's transcript."""
    takes: list[Take] = []
    texts = {}
    for member in CAST:
        speaker = draw_speaker(rng, member.sex, member.language)
        lines = []
        for block, emotion in enumerate(EMOTIONS):
            for split, place in _places(scale):
                name = f"{member.number}_{block * BLOCK + place:06d}"
                takes.append(_take(rng, speaker, emotion, f"{member.number}/{emotion}/{split}/{name}.wav"))
                lines.append(f"{name}\t{_text(member, place)}\t{_word(member, emotion)}\n")
        texts[f"{member.number}/{member.number}.txt"] = "".join(lines).encode(member.encoding)
    return Release(takes, texts)


def _places(scale: Scale) -> list[tuple[str, int]]:
    """Split and place in an emotion's block: evaluation from 1, test from 21, training from 51."""
    return [
        *(("evaluation", 1 + index) for index in range(scale.esd_evaluation)),
        *(("test", 21 + index) for index in range(scale.esd_test)),
        *(("train", 51 + index) for index in range(scale.esd_train)),
    ]


def _take(rng: np.random.Generator, speaker: Speaker, emotion: str, path: str) -> Take:
    return Take(path, speaker, enact(rng, EMOTIONS[emotion], STRENGTH), ROOM)


def _text(member: Member, place: int) -> str:
    texts = ENGLISH_TEXTS if member.language == "English" else MANDARIN_TEXTS
    return texts[place % len(texts)]


def _word(member: Member, emotion: str) -> str:
    return emotion if member.language == "English" else MANDARIN_WORDS[emotion]
