"""What a reader of a corpus hands over: utterances, and the problems it met on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

TRAIN, EVALUATION, TEST = "train", "evaluation", "test"
SPLITS = (TRAIN, EVALUATION, TEST)

ProblemKind = Literal[
    "missing",  # a label without its audio file
    "unlabelled",  # an audio file without a label
    "empty",  # an audio file without samples
    "truncated",  # an audio file shorter than its header says
    "unreadable",  # not audio, or not to be opened
    "malformed",  # a line or name that does not parse
    "duplicate",  # an utterance that stands twice
]


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance of a corpus.

    `utterance_id` is unique in its corpus and the same on every machine; `path` is relative to the
    corpus root, with forward slashes (absolute only where a manifest says so). A reader sets `label` to
    the release's own code and `split` to the release's own split, or None where there is none; both are
    final once a corpus is loaded.
    """

    utterance_id: str
    path: str
    label: str
    speaker: str | None = None
    language: str | None = None
    split: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one file or line of a corpus; it never stops the others."""

    kind: ProblemKind
    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """What a reader may have to know: the label scheme asked for, and which parts of the release.

    `extra` holds the manifest reader's column names and the like.
    """

    scheme: str
    parts: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found under a root."""

    utterances: list[Utterance]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Reader:
    """A release that can be read.

    `schemes` maps each label scheme to its code -> label table (codes that are absent are left out of
    the corpus); an empty table keeps every code under its own name. `read` takes the folder of the
    release (or a file in it) and raises CorpusError where nothing there looks like the release;
    utterances that stand twice are sorted out by the loader. `extra` names the reader's own options.
    """

    title: str
    default_scheme: str
    schemes: Mapping[str, Mapping[str, str]]
    read: Callable[[Path, ReaderOptions], Reading]
    parts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
