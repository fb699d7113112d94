"""Any corpus that has a table: one row an utterance, with the path of its audio and its label.

A root is the table itself, or a folder; all tables in the folder are read then, or those that the option
`tables` names. Audio is looked for beside the table first and then under the root.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pft_tui.corpora.tables import SUFFIXES, Row, read_table
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
from pft_tui.corpora.walk import file_names, is_visible, not_recognised
from pft_tui.errors import CorpusError

TITLE = "a manifest"
REQUIRED = ("path", "label")
COLUMNS = (*REQUIRED, "speaker", "language", "split", "text")
TABLES = "tables"
SPLITS = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("evaluation", "eval", "validation", "valid", "val", "development", "dev"), EVALUATION),
    **dict.fromkeys(("test", "testing"), TEST),
}


def _read(root: Path, options: ReaderOptions) -> Reading:
    folder = root.parent if root.is_file() else root
    tables = [root] if root.is_file() else _tables(root, options.extra.get(TABLES))
    reading = Reading([], [])
    for path in tables:
        _read_one(path, folder, options.extra, reading)
    return reading


def _read_one(path: Path, root: Path, extra: Mapping[str, str], reading: Reading) -> None:
    table = read_table(path)
    columns = {column: extra.get(column, column) for column in COLUMNS}
    if table.columns is not None:
        _check_columns(path, table.columns, columns, extra)
    finder = AudioFinder(root, path.parent)
    where = posixpath.relpath(path, root)
    for row in table.rows:
        described = _describe(row, columns, finder, where)
        if isinstance(described, Utterance):
            reading.utterances.append(described)
        else:
            reading.problems.append(described)


def _tables(root: Path, names: str | None) -> list[Path]:
    if names is not None:
        return [root / name.strip() for name in names.split(",")]
    found = [root / name for name in file_names(root) if name.lower().endswith(SUFFIXES)]
    if not found:
        raise not_recognised(root, TITLE, "manifest.csv (or .tsv, .jsonl, .parquet)")
    return found


def _check_columns(
    path: Path, present: tuple[str, ...], columns: Mapping[str, str], asked_for: Mapping[str, str]
) -> None:
    for column, name in columns.items():
        if name not in present and (column in REQUIRED or column in asked_for):
            hint = (
                f"it has {', '.join(present)}: name the column in `extra`, such as {{ {column} = '...' }}, "
                "or the tables to read, as { tables = 'train.csv, test.csv' }}"
            )
            raise CorpusError(f"{path} has no column {name!r}", hint=hint)


def _describe(row: Row, columns: Mapping[str, str], finder: AudioFinder, table: str) -> Utterance | Problem:
    values = {column: row.values.get(name) for column, name in columns.items()}
    written, label, split = values["path"], values["label"], values["split"]
    if row.broken:
        return Problem("malformed", table, f"{row.place} {row.broken}")
    if written is None or label is None:
        empty = " and ".join(columns[column] for column in REQUIRED if values[column] is None)
        return Problem("malformed", table, f"{row.place} has no {empty}")
    if split is not None and split.lower() not in SPLITS:
        detail = f"{row.place} has the split {split!r}, which is none of {', '.join(SPLITS)}"
        return Problem("malformed", table, detail)
    path = finder.find(written)
    if path is None:
        return Problem("missing", written, f"is named in {table}, {row.place}")
    return Utterance(
        posixpath.splitext(path)[0].lstrip("/"),
        path,
        label,
        values["speaker"],
        values["language"],
        SPLITS[split.lower()] if split else None,
        values["text"],
    )


class AudioFinder:
    """Where the files that a table names lie; each folder is listed once, no file is looked at.

    Paths are plain text here: a manifest may have a million of them.
    """

    def __init__(self, root: Path, beside: Path) -> None:
        self._root = str(root.absolute())
        self._bases = tuple(dict.fromkeys((str(beside.absolute()), self._root)))
        self._names = cache(_names)

    def find(self, written: str) -> str | None:
        """The path, relative to the root, of a file that is written relative to the table or to the root.

        One that is written as an absolute path outside the root stays so. None where there is no such file.
        """
        for base in self._bases:
            path = posixpath.normpath(posixpath.join(base, written))
            folder, name = posixpath.split(path)
            if name in self._names(folder):
                elsewhere = posixpath.isabs(written) and not path.startswith(f"{self._root}/")
                return path if elsewhere else posixpath.relpath(path, self._root)
        return None


def _names(folder: str) -> frozenset[str]:
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if is_visible(entry.name))
    except OSError:
        return frozenset()


READER = Reader(TITLE, "column", {"column": {}}, _read, extra=(*COLUMNS, TABLES))
