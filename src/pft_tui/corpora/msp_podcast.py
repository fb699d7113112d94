"""MSP-PODCAST: `Labels/labels_consensus.csv` (up to 1.8 `labels_concensus.csv`), audio in `Audios/`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from posixpath import splitext

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
from pft_tui.corpora.walk import AudioIndex, find_file, list_files, not_recognised
from pft_tui.errors import CorpusError

TITLE = "MSP-PODCAST"
EIGHT = {
    "A": "anger",
    "S": "sadness",
    "H": "happiness",
    "U": "surprise",
    "F": "fear",
    "D": "disgust",
    "C": "contempt",
    "N": "neutral",
}
NINE = {**EIGHT, "O": "other"}
CODES = {*NINE, "X"}  # X: the raters do not agree
# The second part was called Validation up to release 1.8 and is called Development from 1.11 on.
SPLITS = {
    "Train": TRAIN,
    "Validation": EVALUATION,
    "Development": EVALUATION,
    "Test1": TEST,
    "Test2": TEST,
}
LABEL_FILES = ("labels_consensus.csv", "labels_concensus.csv")
COLUMNS = ("FileName", "EmoClass", "SpkrID", "Split_Set")
WITHHELD = "_test3_"  # in the names of the files whose labels are not released


def _read(root: Path, _: ReaderOptions) -> Reading:
    label_file = find_file(root, LABEL_FILES, depth=3)
    if label_file is None:
        raise not_recognised(root, TITLE, "Labels/labels_consensus.csv")
    reading = Reading([], [])
    audio = AudioIndex(list_files(root, ".wav", reading.problems))
    for number, (name, code, speaker, split) in _rows(root / label_file):
        turn = splitext(name)[0]
        path = audio.claim(turn)
        if code not in CODES or split not in SPLITS:
            detail = f"row {number} ({name}) has class {code!r} and split {split!r}"
            reading.problems.append(Problem("malformed", label_file, detail))
        elif path is None:
            reading.problems.append(Problem("missing", name, f"is labelled {code} in row {number}"))
        else:
            known = speaker if speaker and speaker != "Unknown" else None
            reading.utterances.append(Utterance(turn, path, code, known, "English", SPLITS[split]))
    reading.problems.extend(_unlabelled(audio.unclaimed(), label_file))
    reading.problems.extend(audio.copies())
    return reading


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, values of COLUMNS) of each row; columns are found by name, for releases add some."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = csv.reader(file)
        header = [name.strip() for name in next(rows, [])]
        if absent := [column for column in COLUMNS if column not in header]:
            raise CorpusError(
                f"{path} has no column {', '.join(absent)}", hint="is it the label file of MSP-PODCAST?"
            )
        places = [header.index(column) for column in COLUMNS]
        for row in rows:
            if row:
                yield rows.line_num, [row[place].strip() if place < len(row) else "" for place in places]


def _unlabelled(paths: list[str], label_file: str) -> Iterator[Problem]:
    withheld = [path for path in paths if WITHHELD in path.lower()]
    if withheld:
        yield Problem(
            "unlabelled",
            withheld[0].rpartition("/")[0],
            f"{len(withheld)} files of Test3, whose labels the release withholds, are left out",
        )
    for path in paths:
        if WITHHELD not in path.lower():
            yield Problem("unlabelled", path, f"{label_file} has no row for it")


READER = Reader(TITLE, "nine", {"nine": NINE, "eight": EIGHT, "all": {}}, _read, languages=("English",))
