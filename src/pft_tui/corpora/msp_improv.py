"""MSP-IMPROV: the raters' consensus in `Evalution.txt` (so spelled), audio in `session1/S01A/P/*.wav`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pft_tui.corpora.by_name import path_pattern, read_by_name
from pft_tui.corpora.utterance import Problem, Reader, ReaderOptions, Reading, Utterance
from pft_tui.corpora.walk import AudioIndex, find_file, list_files, not_recognised

TITLE = "MSP-IMPROV"
FOUR = {"A": "anger", "S": "sadness", "H": "happiness", "N": "neutral"}
CODES = {*FOUR, "O", "X"}  # other; no agreement
INTENDED = "intended"
LABEL_FILES = ("Evalution.txt", "Evaluation.txt")

# Sentence and the scenario's intended emotion, speaker, condition, turn.
TURN = r"(?P<turn>S\d\d(?P<intended>[AHSN])-(?P<speaker>[FM]\d\d)-[A-Z]-\w+)"
AUDIO = path_pattern(f"MSP-IMPROV-{TURN}")
# UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:3.000000; V:3.500000; D:3.000000 ; N:3.000000;
CONSENSUS = re.compile(rf"\w+-IMPROV-{TURN}(?:\.\w+)?\s*;\s*(?P<code>\w+)\s*;")


def _read(root: Path, options: ReaderOptions) -> Reading:
    return _read_intended(root) if options.scheme == INTENDED else _read_consensus(root)


def _read_intended(root: Path) -> Reading:
    """Every audio file with the letter of its scenario; no label file is read."""

    def describe(path: str, match: re.Match[str]) -> Utterance:
        return _utterance(match, path, match["intended"].upper())

    return read_by_name(root, TITLE, "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav", AUDIO, describe)


def _read_consensus(root: Path) -> Reading:
    label_file = find_file(root, LABEL_FILES, depth=2)
    if label_file is None:
        raise not_recognised(root, TITLE, "Evalution.txt (or Evaluation.txt)")
    reading = Reading([], [])
    audio = AudioIndex(list_files(root, ".wav", reading.problems))
    for match in _consensus_lines(root, label_file, reading.problems):
        path = audio.claim(f"MSP-IMPROV-{match['turn']}")
        if path is None:
            missing = f"MSP-IMPROV-{match['turn']}.wav"
            reading.problems.append(Problem("missing", missing, f"is labelled {match['code']}"))
            continue
        reading.utterances.append(_utterance(match, path, match["code"]))
    detail = f"{label_file} does not name this turn"
    reading.problems.extend(Problem("unlabelled", path, detail) for path in audio.unclaimed())
    reading.problems.extend(audio.copies())
    return reading


def _utterance(match: re.Match[str], path: str, code: str) -> Utterance:
    return Utterance(f"MSP-IMPROV-{match['turn']}", path, code, match["speaker"], "English")


def _consensus_lines(root: Path, path: str, problems: list[Problem]) -> Iterator[re.Match[str]]:
    """The first line of each block; those after it, up to an empty line, are one rater's each."""
    text = (root / path).read_text(encoding="utf-8", errors="replace")
    opens_block = True
    for number, line in enumerate(text.splitlines(), start=1):
        match = CONSENSUS.match(line.strip())
        if match and match["code"] in CODES:
            yield match
        elif line.strip() and (opens_block or match):
            problems.append(Problem("malformed", path, f"line {number} has no consensus: {line[:80]!r}"))
        opens_block = not line.strip()


READER = Reader(
    TITLE,
    "consensus",
    {"consensus": FOUR, INTENDED: FOUR, "consensus-all": {}},
    _read,
    languages=("English",),
)
