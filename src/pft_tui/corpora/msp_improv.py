"""MSP-IMPROV: the raters' consensus in `Evalution.txt` (so spelled), audio in `session1/S01A/P/*.wav`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import join

from pft_tui.corpora.utterance import Problem, Reader, ReaderOptions, Reading, Utterance
from pft_tui.corpora.walk import AudioIndex, file_names, find_folders, list_files, not_recognised

TITLE = "MSP-IMPROV"
FOUR = {"A": "anger", "S": "sadness", "H": "happiness", "N": "neutral"}
CODES = {*FOUR, "O", "X"}  # other; no agreement
INTENDED = "intended"
LABEL_FILES = ("evalution.txt", "evaluation.txt")

# Sentence and the scenario's intended emotion, speaker, condition, turn.
TURN = r"(?P<turn>S\d\d(?P<intended>[AHSN])-(?P<speaker>[FM]\d\d)-[A-Z]-\w+)"
AUDIO = re.compile(rf"(?:^|/)MSP-IMPROV-{TURN}\.wav$", re.IGNORECASE)
# UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:3.000000; V:3.500000; D:3.000000 ; N:3.000000;
CONSENSUS = re.compile(rf"\w+-IMPROV-{TURN}(?:\.\w+)?\s*;\s*(?P<code>\w+)\s*;")


def _read(root: Path, options: ReaderOptions) -> Reading:
    return _read_intended(root) if options.scheme == INTENDED else _read_consensus(root)


def _read_intended(root: Path) -> Reading:
    """Every audio file with the letter of its scenario; no label file is read."""
    reading = Reading([], [])
    for path in _audio(root, reading.problems):
        match = AUDIO.search(path)
        if match is None:
            reading.problems.append(Problem("malformed", path, "is not named like a turn of the release"))
            continue
        reading.utterances.append(_utterance(match, path, match["intended"].upper()))
    if not reading.utterances:
        raise not_recognised(root, TITLE, "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav")
    return reading


def _read_consensus(root: Path) -> Reading:
    label_file = _label_file(root)
    if label_file is None:
        raise not_recognised(root, TITLE, "Evalution.txt (or Evaluation.txt)")
    reading = Reading([], [])
    audio = AudioIndex(_audio(root, reading.problems))
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


def _audio(root: Path, problems: list[Problem]) -> list[str]:
    return list_files(root, ".wav", problems)


def _label_file(root: Path) -> str | None:
    for folder in find_folders(root, depth=2):
        names = {name.lower(): name for name in reversed(file_names(root / folder))}
        for known in LABEL_FILES:
            if known in names:
                return join(folder, names[known])
    return None


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
