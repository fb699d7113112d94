"""Reading a corpus as the settings ask for it: its labels, its splits, its identity."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from pft_tui.corpora.labels import label_of_code
from pft_tui.corpora.splits import Fractions, by_speaker, by_utterance, check_fractions
from pft_tui.corpora.utterance import Problem, Reader, ReaderOptions, Utterance
from pft_tui.errors import CorpusError, SettingsError
from pft_tui.registry import CORPORA, lookup, near_miss, resolve


@dataclass(frozen=True, slots=True)
class CorpusOptions:
    """How a corpus is to be read: the keys of its section in `pft.toml`, `reader` filled in.

    `labels` is a label scheme of the reader, `parts` some parts of the release (the reader's default where
    None). `keep` and `merge` come after the scheme, in this order. `split_fractions` are the shares of
    train, evaluation and test in a seeded split.
    """

    root: Path
    reader: str
    labels: str | None = None
    parts: str | None = None
    keep: tuple[str, ...] = ()
    merge: Mapping[str, str] = field(default_factory=dict)
    split: Literal["release", "utterance", "speaker"] = "release"
    split_fractions: Fractions = (0.8, 0.1, 0.1)
    split_seed: int = 0
    language: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if wrong := check_fractions(self.split_fractions):
            raise SettingsError(f"split_fractions = {list(self.split_fractions)} {wrong}")

    @property
    def fingerprint(self) -> str:
        """A hash of all options but the root: a listing with another one is out of date."""
        decisive = [
            *(self.reader, self.labels, self.parts, sorted(self.keep), sorted(self.merge.items())),
            *(self.split, self.split_fractions, self.split_seed, self.language, sorted(self.extra.items())),
        ]
        return _hash([json.dumps(decisive)])


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus as read: utterances sorted by id, each with its final label and split.

    `labels` are those that occur, sorted. `digest` tells whether two readings hold the same utterances
    with the same labels, speakers, languages and splits, wherever their roots lie.
    """

    name: str
    reader: str
    root: Path
    fingerprint: str
    utterances: tuple[Utterance, ...]
    problems: tuple[Problem, ...]
    labels: tuple[str, ...]
    digest: str


def find_reader(name: str) -> Reader:
    """The reader called `name`. Raises SettingsError if there is none."""
    entry = lookup(CORPORA, name, "reader")
    reader = resolve(entry)
    if not isinstance(reader, Reader):
        raise CorpusError(f"{entry.target} is not a Reader", hint="it is registered under CORPORA")
    return reader


def _reader_of(name: str, options: CorpusOptions) -> Reader:
    try:
        return find_reader(options.reader)
    except SettingsError as error:
        hint = f'{error.hint}; a section of another name says `reader = "..."`'
        raise SettingsError(f"[corpora.{name}]: {error.message}", hint=hint) from None


def load_corpus(name: str, options: CorpusOptions) -> Corpus:
    """The corpus that the section `name` of the settings describes; audio files are listed, not opened.

    Raises SettingsError where the options do not fit the reader, and CorpusError where the root holds no
    such release. Everything smaller is in the corpus's problems. A corpus may come out empty.
    """
    reader = _reader_of(name, options)
    reader_options = _reader_options(reader, options)
    if not options.root.exists():
        raise CorpusError(
            f"the root of {name}, {options.root}, does not exist",
            hint=f"correct `root` in [corpora.{name}] of pft.toml, or delete that section",
        )
    try:
        reading = reader.read(options.root, reader_options)
    except OSError as error:
        raise CorpusError(f"{error.filename} cannot be read: {error.strerror}") from None
    unique, duplicates = _unique(reading.utterances)
    codes = reader.schemes[reader_options.scheme]
    labels = label_of_code(codes, {utterance.label for utterance in unique}, options.keep, options.merge)
    kept = [utterance for utterance in unique if utterance.label in labels]
    splits = _splits(kept, options)
    utterances = tuple(
        replace(
            utterance,
            label=labels[utterance.label],
            split=splits[utterance.utterance_id],
            language=options.language or utterance.language,
        )
        for utterance in kept
        if utterance.utterance_id in splits
    )
    unsplit = [utterance for utterance in kept if utterance.utterance_id not in splits]
    problems = (
        *reading.problems,
        *duplicates,
        *(Problem("malformed", item.path, "has no split, unlike others of its corpus") for item in unsplit),
    )
    return Corpus(
        name=name,
        reader=options.reader,
        root=options.root.parent if options.root.is_file() else options.root,
        fingerprint=options.fingerprint,
        utterances=utterances,
        problems=problems,
        labels=tuple(sorted({utterance.label for utterance in utterances})),
        digest=digest_of(utterances),
    )


def digest_of(utterances: Iterable[Utterance]) -> str:
    """The hash of what decides an experiment: id, label, speaker, language and split of each utterance."""
    return _hash(
        "\x1f".join(
            (item.utterance_id, item.label, item.speaker or "", item.language or "", item.split or "")
        )
        for item in utterances
    )


def _hash(lines: Iterable[str]) -> str:
    state = blake2b(digest_size=16)
    for line in lines:
        state.update(f"{line}\n".encode())
    return state.hexdigest()


def _reader_options(reader: Reader, options: CorpusOptions) -> ReaderOptions:
    scheme = options.labels or reader.default_scheme
    _check_choice(options.reader, "label scheme", scheme, tuple(reader.schemes))
    if options.parts is not None:
        _check_choice(options.reader, "parts", options.parts, reader.parts)
    for key in options.extra:
        _check_choice(options.reader, "extra option", key, reader.extra)
    return ReaderOptions(scheme, options.parts, options.extra)


def _check_choice(reader: str, kind: str, choice: str, known: Sequence[str]) -> None:
    if choice not in known:
        hint = near_miss(choice, known) if known else "leave it out"
        raise SettingsError(f"the reader {reader} has no {kind} {choice!r}", hint=hint)


def _unique(utterances: Iterable[Utterance]) -> tuple[list[Utterance], list[Problem]]:
    """The utterances sorted by id and path, the first of each id, and a problem for each further one."""
    first: dict[str, Utterance] = {}
    problems = []
    for utterance in sorted(utterances, key=lambda item: (item.utterance_id, item.path)):
        kept = first.setdefault(utterance.utterance_id, utterance)
        if kept is not utterance:
            detail = f"{kept.utterance_id} stands twice; kept: {kept.path}, labelled {kept.label!r}"
            problems.append(Problem("duplicate", utterance.path, detail))
    return list(first.values()), problems


def _splits(utterances: Sequence[Utterance], options: CorpusOptions) -> dict[str, str]:
    """The split of each utterance id; a release with splits of its own may lack that of a few."""
    released = {item.utterance_id: item.split for item in utterances if item.split is not None}
    if options.split == "release" and released:
        return released
    if options.split == "speaker" and utterances:
        speakers = {item.utterance_id: item.speaker for item in utterances}
        return by_speaker(speakers, options.split_fractions, options.split_seed)
    ids = [item.utterance_id for item in utterances]
    return by_utterance(ids, options.split_fractions, options.split_seed)
