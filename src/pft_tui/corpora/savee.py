"""SAVEE: `DC/a01.wav` (in some copies `DC_a01.wav`), where folder and name give speaker and emotion."""

from __future__ import annotations

import re
from pathlib import Path

from pft_tui.corpora.by_name import path_pattern, read_by_name
from pft_tui.corpora.utterance import Reader, ReaderOptions, Reading, Utterance

TITLE = "Surrey Audio-Visual Expressed Emotion (SAVEE)"
SEVEN = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
PATTERN = path_pattern(rf"(?P<speaker>DC|JE|JK|KL)[/_](?P<code>{'|'.join(SEVEN)})(?P<number>\d\d)")


def _read(root: Path, _: ReaderOptions) -> Reading:
    return read_by_name(root, TITLE, "DC/a01.wav", PATTERN, _describe)


def _describe(path: str, match: re.Match[str]) -> Utterance:
    speaker, code = match["speaker"].upper(), match["code"].lower()
    return Utterance(f"{speaker}_{code}{match['number']}", path, code, speaker, "English")


READER = Reader(TITLE, "seven", {"seven": SEVEN}, _read, languages=("English",))
