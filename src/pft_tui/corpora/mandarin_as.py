"""Mandarin Affective Speech: `001/anger/phrase/*.wav`, where the folders give speaker, emotion and part."""

from __future__ import annotations

import re
from pathlib import Path

from pft_tui.corpora.by_name import path_pattern, read_by_name
from pft_tui.corpora.utterance import Reader, ReaderOptions, Reading, Utterance

TITLE = "Mandarin Affective Speech (LDC2007S09)"
FIVE = {emotion: emotion for emotion in ("anger", "elation", "neutral", "panic", "sadness")}
PATTERN = path_pattern(rf"(?P<id>(?P<speaker>\d{{3}})/(?P<code>{'|'.join(FIVE)})/(?:(?P<part>[^/]+)/)?[^/]+)")
PHRASES, UTTERANCES, PARAGRAPHS = "phrases", "utterances", "paragraphs"
FOLDERS = {"phrase": PHRASES, "utterance": UTTERANCES}
PARTS = {
    "both": (PHRASES, UTTERANCES),
    PHRASES: (PHRASES,),
    UTTERANCES: (UTTERANCES,),
    "all": (PHRASES, UTTERANCES, PARAGRAPHS),
}


def _read(root: Path, options: ReaderOptions) -> Reading:
    wanted = PARTS[options.parts or "both"]

    def describe(path: str, match: re.Match[str]) -> Utterance | None:
        # What the folder of the paragraphs is called varies, so it is any but the other two.
        folder = (match["part"] or "").lower().removesuffix("s")
        if FOLDERS.get(folder, PARAGRAPHS) not in wanted:
            return None
        return Utterance(match["id"], path, match["code"].lower(), match["speaker"], "Mandarin")

    return read_by_name(root, TITLE, "001/anger/phrase/*.wav", PATTERN, describe)


READER = Reader(TITLE, "five", {"five": FIVE}, _read, parts=tuple(PARTS), languages=("Mandarin",))
