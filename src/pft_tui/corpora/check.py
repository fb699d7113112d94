"""Checking the audio of a corpus: every header is opened, no sample decoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import soundfile

from pft_tui.corpora.load import Corpus
from pft_tui.corpora.riff import TOLERATED_SECONDS, missing_seconds
from pft_tui.corpora.utterance import EVALUATION, SPLITS, TRAIN, Problem, Utterance

BATCH = 64  # utterances that a thread takes at a time


@dataclass(frozen=True, slots=True)
class AudioHeader:
    """The length in seconds and the sample rate in Hz of one audio file."""

    seconds: float
    sample_rate: int


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What is in a corpus, and what is wrong with it.

    The counts are of utterances with sound audio, those in `headers` (id -> header): `by_split` is
    split -> label -> utterances, `sample_rates` Hz -> utterances. `problems` are those met in reading the
    corpus and in opening its audio. If the corpus is not `usable`, `reason` says why and `remedy` what to do.
    """

    name: str
    reader: str
    root: str
    digest: str
    listed: int
    by_split: Mapping[str, Mapping[str, int]]
    by_language: Mapping[str, int]
    speakers: int
    hours: float
    sample_rates: Mapping[int, int]
    problems: tuple[Problem, ...]
    usable: bool
    reason: str | None
    remedy: str | None
    headers: Mapping[str, AudioHeader]

    def summary(self) -> dict[str, object]:
        """The report without `headers`, made of what JSON can hold."""
        values = asdict(replace(self, headers={}))
        del values["headers"]
        return values


def check_corpus(
    corpus: Corpus, *, progress: Callable[[int, int], None] | None = None, threads: int = 8
) -> CorpusReport:
    """Open every audio header of a corpus with some threads, and report.

    `progress` is called in this thread with (utterances done, utterances in all), every 64 and at the
    end. An utterance whose audio is missing, empty, truncated or unreadable is a problem.
    """
    headers: dict[str, AudioHeader] = {}
    problems = list(corpus.problems)
    for utterance, found in _open_all(corpus, threads, progress):
        if isinstance(found, Problem):
            problems.append(found)
        else:
            headers[utterance.utterance_id] = found
    return _report(corpus, headers, problems)


def open_header(root: Path, path: str) -> AudioHeader | Problem:
    """The header of the audio file `path` under `root`, or what is wrong with it."""
    file = root / path
    try:
        with soundfile.SoundFile(file) as sound:
            frames, sample_rate = sound.frames, sound.samplerate
        missing = missing_seconds(file)
    # soundfile answers a name that ends in .raw with a TypeError, for want of a sample rate.
    except (OSError, soundfile.SoundFileError, TypeError) as error:
        return _not_opened(file, path, error)
    seconds = frames / sample_rate
    if missing > TOLERATED_SECONDS:
        detail = f"ends {missing:.2f} s before its header says, after {seconds:.2f} s"
        return Problem("truncated", path, detail)
    if frames == 0:
        return Problem("empty", path, "has no samples")
    return AudioHeader(seconds, sample_rate)


def _not_opened(file: Path, path: str, error: Exception) -> Problem:
    if not file.exists():
        return Problem("missing", path, "is listed but no longer there")
    if file.is_file() and file.stat().st_size == 0:
        return Problem("empty", path, "is a file of no bytes")
    return Problem("unreadable", path, f"does not open as audio: {error}")


def _open_all(
    corpus: Corpus, threads: int, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[Utterance, AudioHeader | Problem]]:
    total = len(corpus.utterances)
    batches = [corpus.utterances[start : start + BATCH] for start in range(0, total, BATCH)]

    def open_batch(batch: tuple[Utterance, ...]) -> list[AudioHeader | Problem]:
        return [open_header(corpus.root, utterance.path) for utterance in batch]

    done = 0
    with ThreadPoolExecutor(threads) as pool:
        for batch, opened in zip(batches, pool.map(open_batch, batches), strict=True):
            yield from zip(batch, opened, strict=True)
            done += len(batch)
            if progress:
                progress(done, total)


def _report(corpus: Corpus, headers: Mapping[str, AudioHeader], problems: Sequence[Problem]) -> CorpusReport:
    sound = [utterance for utterance in corpus.utterances if utterance.utterance_id in headers]
    by_split = {
        split: dict(sorted(Counter(item.label for item in sound if item.split == split).items()))
        for split in SPLITS
    }
    reason, remedy = _verdict(corpus, by_split)
    return CorpusReport(
        name=corpus.name,
        reader=corpus.reader,
        root=str(corpus.root),
        digest=corpus.digest,
        listed=len(corpus.utterances),
        by_split=by_split,
        by_language=dict(sorted(Counter(item.language or "unknown" for item in sound).items())),
        speakers=len({item.speaker for item in sound if item.speaker is not None}),
        hours=sum(header.seconds for header in headers.values()) / 3600,
        sample_rates=dict(sorted(Counter(header.sample_rate for header in headers.values()).items())),
        problems=tuple(problems),
        usable=reason is None,
        reason=reason,
        remedy=remedy,
        headers=headers,
    )


def _verdict(corpus: Corpus, by_split: Mapping[str, Mapping[str, int]]) -> tuple[str | None, str | None]:
    """(reason, remedy) of a corpus that cannot be trained on, or (None, None)."""
    if not corpus.utterances and corpus.problems:
        return "no utterance is left", "see its problems: is the audio beside the labels?"
    if not corpus.utterances:
        return "no utterance is left", "correct `labels`, `parts` and `keep`"
    if not any(by_split.values()):
        return "no audio file is sound", "see its problems: was the release copied whole?"
    if not by_split[TRAIN]:
        return "no utterance is for training", 'set split = "utterance", or correct `split_fractions`'
    if len(by_split[TRAIN]) < 2:
        (label,) = by_split[TRAIN]
        return f"all training utterances are labelled {label!r}", "correct `labels`, `keep` and `merge`"
    if not by_split[EVALUATION]:
        return "no utterance is for evaluation", 'set split = "utterance", or correct `split_fractions`'
    return None, None
