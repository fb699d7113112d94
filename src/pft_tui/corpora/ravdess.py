"""RAVDESS: `Actor_01/03-01-06-01-02-01-12.wav`, seven numbers from modality to actor."""

from __future__ import annotations

import re
from pathlib import Path

from pft_tui.corpora.by_name import path_pattern, read_by_name
from pft_tui.corpora.utterance import Reader, ReaderOptions, Reading, Utterance

TITLE = "RAVDESS"
EIGHT = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
# Modality, vocal channel, emotion, intensity, statement, repetition, actor.
PATTERN = path_pattern(
    r"(?P<id>0[1-3]-(?P<channel>0[12])-(?P<code>0[1-8])-0[12]-0[12]-0[12]-(?P<speaker>\d\d))"
)
CHANNELS = {"speech": ("01",), "song": ("02",), "all": ("01", "02")}


def _read(root: Path, options: ReaderOptions) -> Reading:
    channels = CHANNELS[options.parts or "speech"]

    def describe(path: str, match: re.Match[str]) -> Utterance | None:
        if match["channel"] not in channels:
            return None
        return Utterance(match["id"], path, match["code"], match["speaker"], "English")

    return read_by_name(root, TITLE, "Actor_12/03-01-06-01-02-01-12.wav", PATTERN, describe)


READER = Reader(TITLE, "eight", {"eight": EIGHT}, _read, parts=tuple(CHANNELS), languages=("English",))
