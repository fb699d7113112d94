"""EmoDB: `wav/03a01Wa.wav`, where the name gives speaker, text, emotion (by its German name) and version."""

from __future__ import annotations

import re
from pathlib import Path

from pft_tui.corpora.by_name import path_pattern, read_by_name
from pft_tui.corpora.utterance import Reader, ReaderOptions, Reading, Utterance

TITLE = "Berlin Database of Emotional Speech (EmoDB)"
SEVEN = {
    "W": "anger",  # Wut
    "L": "boredom",  # Langeweile
    "E": "disgust",  # Ekel
    "A": "fear",  # Angst
    "F": "happiness",  # Freude
    "T": "sadness",  # Trauer
    "N": "neutral",
}
PATTERN = path_pattern(r"(?P<id>(?P<speaker>\d\d)[ab]\d\d(?P<code>[WLEAFTN])[a-z]?)")


def _read(root: Path, _: ReaderOptions) -> Reading:
    return read_by_name(root, TITLE, "wav/03a01Wa.wav", PATTERN, _describe)


def _describe(path: str, match: re.Match[str]) -> Utterance:
    return Utterance(match["id"], path, match["code"].upper(), match["speaker"], "German")


READER = Reader(TITLE, "seven", {"seven": SEVEN}, _read, languages=("German",))
