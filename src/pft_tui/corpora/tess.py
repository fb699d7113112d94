"""TESS: `OAF_back_angry.wav`, where the name gives speaker, word and emotion; the folders vary."""

from __future__ import annotations

import re
from pathlib import Path

from pft_tui.corpora.by_name import path_pattern, read_by_name
from pft_tui.corpora.utterance import Reader, ReaderOptions, Reading, Utterance

TITLE = "Toronto Emotional Speech Set (TESS)"
SEVEN = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "ps": "surprise",  # the release says pleasant surprise
    "sad": "sadness",
}
# One file of the release is called OA_bite_neutral.wav.
PATTERN = path_pattern(rf"(?P<age>[OY])AF?_(?P<word>[a-z-]+)_(?P<code>{'|'.join(SEVEN)})")


def _read(root: Path, _: ReaderOptions) -> Reading:
    return read_by_name(root, TITLE, "OAF_back_angry.wav", PATTERN, _describe)


def _describe(path: str, match: re.Match[str]) -> Utterance:
    speaker, word, code = f"{match['age'].upper()}AF", match["word"].lower(), match["code"].lower()
    return Utterance(f"{speaker}_{word}_{code}", path, code, speaker, "English", text=f"Say the word {word}.")


READER = Reader(TITLE, "seven", {"seven": SEVEN}, _read, languages=("English",))
