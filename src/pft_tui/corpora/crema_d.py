"""CREMA-D: `AudioWAV/1001_IEO_ANG_LO.wav`, where the name gives speaker, sentence, emotion and level."""

from __future__ import annotations

import re
from pathlib import Path

from pft_tui.corpora.by_name import path_pattern, read_by_name
from pft_tui.corpora.utterance import Reader, ReaderOptions, Reading, Utterance

TITLE = "CREMA-D"
SIX = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
# One file of the release has the level X where all others without a level have XX.
PATTERN = path_pattern(rf"(?P<id>(?P<speaker>\d{{4}})_[A-Z]{{3}}_(?P<code>{'|'.join(SIX)})_(?:LO|MD|HI|XX?))")


def _read(root: Path, _: ReaderOptions) -> Reading:
    return read_by_name(root, TITLE, "AudioWAV/1001_IEO_ANG_LO.wav", PATTERN, _describe)


def _describe(path: str, match: re.Match[str]) -> Utterance:
    return Utterance(match["id"].upper(), path, match["code"].upper(), match["speaker"], "English")


READER = Reader(TITLE, "six", {"six": SIX}, _read, languages=("English",))
