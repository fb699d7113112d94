"""IEMOCAP: labels in `Session1/dialog/EmoEvaluation/<dialog>.txt`, audio in `Session1/sentences/wav/`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import join

from pft_tui.corpora.utterance import Problem, Reader, ReaderOptions, Reading, Utterance
from pft_tui.corpora.walk import AudioIndex, file_names, find_folders, list_files, not_recognised

TITLE = "IEMOCAP"
NINE = {
    "ang": "anger",
    "hap": "happiness",
    "exc": "excitement",
    "sad": "sadness",
    "fru": "frustration",
    "fea": "fear",
    "sur": "surprise",
    "oth": "other",
    "neu": "neutral",
}
FOUR = {"ang": "anger", "hap": "happiness", "exc": "happiness", "neu": "neutral", "sad": "sadness"}
CODES = {*NINE, "xxx", "dis"}

EVALUATIONS = "dialog/EmoEvaluation"
# [6.2901 - 8.2357]	Ses01F_impro01_F000	neu	[2.5000, 2.5000, 2.5000]
TURN = re.compile(r"\[[^\]]*\]\s+(?P<turn>(?P<session>Ses\d\d)\S*_(?P<sex>[FM])[^\s_]*)\s+(?P<code>[a-z]+)\b")


def _read(root: Path, _: ReaderOptions) -> Reading:
    sessions = _sessions(root)
    if not sessions:
        raise not_recognised(root, TITLE, f"Session1/{EVALUATIONS}/Ses01F_impro01.txt")
    reading = Reading([], [])
    for session in sessions:
        _read_session(root, session, reading)
    return reading


def _sessions(root: Path) -> list[str]:
    """The session folders, at the root or at most two folders below, relative to it."""
    folders = find_folders(root, depth=3)
    return sorted(
        folder
        for folder in folders
        if re.fullmatch(r"(.*/)?Session\d+", folder) and (root / folder / EVALUATIONS).is_dir()
    )


def _read_session(root: Path, session: str, reading: Reading) -> None:
    wav = join(session, "sentences/wav")
    audio = AudioIndex(list_files(root, ".wav", reading.problems, under=wav))
    for label_file in file_names(root / session / EVALUATIONS):
        if not label_file.lower().endswith(".txt"):
            continue
        for turn in _turns(root, join(session, EVALUATIONS, label_file), reading.problems):
            path = audio.claim(turn["turn"])
            if path is None:
                expected = join(wav, label_file.removesuffix(".txt"), f"{turn['turn']}.wav")
                reading.problems.append(Problem("missing", expected, f"is labelled {turn['code']}"))
                continue
            # The letter after Ses01 names the dialog, which has two speakers; the turn's own comes last.
            speaker = turn["session"] + turn["sex"]
            reading.utterances.append(Utterance(turn["turn"], path, turn["code"], speaker, "English"))
    reading.problems.extend(
        Problem("unlabelled", path, "no label file names this turn") for path in audio.unclaimed()
    )
    reading.problems.extend(audio.copies())


def _turns(root: Path, path: str, problems: list[Problem]) -> Iterator[re.Match[str]]:
    """The turns of a label file: its lines that start with a time. All others are raters' or headers."""
    text = (root / path).read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("["):
            continue
        match = TURN.match(line)
        if match is None or match["code"] not in CODES:
            problems.append(Problem("malformed", path, f"line {number} is not a turn: {line[:80]!r}"))
            continue
        yield match


READER = Reader(TITLE, "nine", {"nine": NINE, "four": FOUR, "all": {}}, _read, languages=("English",))
