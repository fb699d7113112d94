"""ESD: `0001/Angry/train/0001_000351.wav` or, flat, `0001/Angry/0001_000351.wav`.

The emotion is the folder's: the transcripts beside the folders name it too, but in several languages and
not on every line.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from pft_tui.corpora.by_name import path_pattern, read_by_name
from pft_tui.corpora.esd_transcript import Transcripts
from pft_tui.corpora.utterance import (
    EVALUATION,
    TEST,
    TRAIN,
    Problem,
    Reader,
    ReaderOptions,
    Reading,
    Utterance,
)

TITLE = "Emotional Speech Dataset (ESD)"
FIVE = {emotion: emotion for emotion in ("angry", "happy", "neutral", "sad", "surprise")}
# Speakers are 0001 to 0020. A file's name repeats the speaker that its folder names.
PATTERN = path_pattern(
    rf"(?P<speaker>00(?:0[1-9]|1\d|20))/(?P<code>{'|'.join(FIVE)})/"
    rf"(?:(?P<split>{TRAIN}|{EVALUATION}|{TEST})/)?(?P<id>(?P=speaker)_(?P<number>\d{{6}}))"
)
MANDARIN_SPEAKERS = 10  # the first ten; the other ten speak English
BLOCK = 350  # files of one speaker and emotion
LAST_NUMBER = BLOCK * len(FIVE)
LAST_EVALUATION, LAST_TEST = 20, 50


def _read(root: Path, _: ReaderOptions) -> Reading:
    transcripts = Transcripts(root)

    def describe(path: str, match: re.Match[str]) -> Utterance | Problem:
        number, speaker = int(match["number"]), match["speaker"]
        if not 1 <= number <= LAST_NUMBER:
            return Problem("malformed", path, f"the release numbers its files 1 to {LAST_NUMBER}")
        language = "Mandarin" if int(speaker) <= MANDARIN_SPEAKERS else "English"
        split = match["split"].lower() if match["split"] else split_of(number)
        depth = 3 if match["split"] else 2
        folder = str(PurePosixPath(path).parents[depth - 1])
        text = transcripts.text(folder, speaker, language, match["id"])
        return Utterance(match["id"], path, match["code"].lower(), speaker, language, split, text)

    reading = read_by_name(root, TITLE, "0001/Angry/0001_000351.wav", PATTERN, describe)
    return Reading(reading.utterances, reading.problems + transcripts.problems)


def split_of(number: int) -> str:
    """The release's own split of a file by its number in the name, 1 to 1750.

    The numbers of an emotion are a block of 350: its first 20 are for evaluation, the next 30 for testing.
    """
    place = (number - 1) % BLOCK + 1
    if place <= LAST_EVALUATION:
        return EVALUATION
    return TEST if place <= LAST_TEST else TRAIN


READER = Reader(TITLE, "five", {"five": FIVE}, _read, languages=("Mandarin", "English"))
