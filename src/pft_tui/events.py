"""What workers report: one JSON line each, appended to a spool file and never changed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

Values = dict[str, float | None]
Small = Annotated[int, Field(ge=0, lt=1 << 31)]


@dataclass(frozen=True)
class EnvironmentSeen:
    """The machine, packages and revision that a worker runs with; `environment_id` is their hash."""

    environment_id: str
    details: dict[str, str]
    at: float
    type: Literal["environment"] = "environment"


@dataclass(frozen=True)
class JobStarted:
    """A job (prepare, prefinetune or trial) began on a worker."""

    job_id: str
    worker_id: str
    attempt: int
    at: float
    type: Literal["job_started"] = "job_started"


@dataclass(frozen=True)
class JobProgress:
    """How far a long job is, in units of its own (files, steps)."""

    job_id: str
    done: int
    total: int
    unit: str
    at: float
    type: Literal["job_progress"] = "job_progress"


@dataclass(frozen=True)
class JobFinished:
    """A job ended well. Its result, if it has one, is an event of its own before this one."""

    job_id: str
    at: float
    type: Literal["job_finished"] = "job_finished"


@dataclass(frozen=True)
class JobFailed:
    """A job ended badly; `final` where trying again cannot help."""

    job_id: str
    error: str
    final: bool
    at: float
    type: Literal["job_failed"] = "job_failed"


@dataclass(frozen=True)
class Metrics:
    """Values of one epoch of a run (a model or a trial). A value that is no number is None.

    `step` counts the optimiser's steps so far.
    """

    run_id: str
    epoch: int
    step: int
    values: Values
    at: float
    type: Literal["metrics"] = "metrics"


@dataclass(frozen=True)
class RunRestarted:
    """A run begins again after `epoch` epochs: what it reported of later ones no longer holds."""

    run_id: str
    epoch: int
    at: float
    type: Literal["run_restarted"] = "run_restarted"


@dataclass(frozen=True)
class TrialResult:
    """The outcome of a trial on the test split; fractions lie in 0..1, `seconds` is wall-clock time."""

    trial_id: str
    epochs: int
    best_epoch: int
    val_macro_f1: float | None
    accuracy: float
    macro_f1: float
    weighted_f1: float
    seconds: float
    device: str
    examples: list[str]
    environment_id: str
    started_at: float
    at: float
    type: Literal["trial_result"] = "trial_result"


@dataclass(frozen=True)
class ModelResult:
    """The outcome of a pre-finetuning."""

    model_id: str
    epochs: int
    best_epoch: int
    val_loss: float
    seconds: float
    device: str
    environment_id: str
    started_at: float
    at: float
    type: Literal["model_result"] = "model_result"


@dataclass(frozen=True)
class UtteranceRow:
    """An utterance of a corpus as listed, with what its audio file says (None where it cannot be read)."""

    utterance_id: str
    path: str
    label: str
    speaker: str | None
    language: str | None
    split: str | None
    seconds: float | None
    sample_rate: int | None
    text: str | None


@dataclass(frozen=True)
class UtterancesSeen:
    """Some utterances of one reading of a corpus, by its digest."""

    corpus: str
    digest: str
    rows: list[UtteranceRow]
    at: float
    type: Literal["utterances"] = "utterances"


@dataclass(frozen=True)
class CorpusSeen:
    """All utterances of this reading of a corpus have been reported: it takes the place of older ones."""

    corpus: str
    digest: str
    reader: str
    root: str
    utterances: int
    problems: int
    at: float
    report: dict[str, object] = field(default_factory=dict)
    type: Literal["corpus"] = "corpus"


@dataclass(frozen=True, kw_only=True)
class ImportedTrial:
    """A trial that was run elsewhere, as far as its file tells: what is None is not known.

    `corpora` are sorted, and None without an encoder. `original_id` is its id where it was run.
    """

    trial_id: str
    original_id: str | None = None
    model_id: str | None
    corpora: list[str] | None
    method: str
    protocol: str
    encoder: str | None
    downstream: str
    speaker: str
    language: str | None
    emotion: str
    k: Small
    trial: Small
    seed: int
    status: str
    epochs: int | None = None
    best_epoch: int | None = None
    val_macro_f1: float | None = None
    accuracy: float | None
    macro_f1: float | None
    weighted_f1: float | None = None
    seconds: float | None = None
    device: str | None = None
    examples: list[str] | None = None
    error: str | None = None
    started_at: float | None = None
    finished_at: float | None = None


@dataclass(frozen=True)
class TrialsImported:
    """All trials of one imported file; with `replace` they take the place of the source's older ones."""

    source: str
    file: str
    replace: bool
    trials: list[ImportedTrial]
    at: float
    type: Literal["import"] = "import"


Event = (
    EnvironmentSeen
    | JobStarted
    | JobProgress
    | JobFinished
    | JobFailed
    | Metrics
    | RunRestarted
    | TrialResult
    | ModelResult
    | UtterancesSeen
    | CorpusSeen
    | TrialsImported
)
_Typed = Annotated[Event, Field(discriminator="type")]
_EVENT: TypeAdapter[Event] = TypeAdapter(_Typed)
_EVENTS: TypeAdapter[list[Event]] = TypeAdapter(list[_Typed])


def parse(line: bytes) -> Event | None:
    """The event in a whole line of a spool, or None where the line holds none."""
    try:
        return _EVENT.validate_json(line)
    except ValidationError:
        return None


def parse_all(lines: Sequence[bytes]) -> Sequence[Event | None]:
    """The event in each whole line of a spool, or None where a line holds none.

    All at once as one list, which is quicker; where that fails, each by itself. A string cannot reach over
    the end of a line there, since JSON allows no newline in it.
    """
    try:
        events = _EVENTS.validate_json(b"[" + b",\n".join(lines) + b"]")
    except ValidationError:
        return [parse(line) for line in lines]
    return events if len(events) == len(lines) else [parse(line) for line in lines]


def line_of(event: Event) -> bytes:
    """The event as a whole line of a spool."""
    return _EVENT.dump_json(event) + b"\n"


class Spool:
    """A worker's own append-only file of events.

    A batch of events is one `write`, so that a reader sees whole lines but for the last. What is written
    is fsynced every few seconds and on `sync`, which is called when a job ends. A full disk must not kill
    training: what cannot be written is kept and tried again with the next batch.
    """

    SYNC_SECONDS = 5.0

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        self._unwritten = b""
        self._synced = time.monotonic()

    def append(self, events: Iterable[Event]) -> None:
        """Append the events in one write."""
        self._unwritten += b"".join(map(line_of, events))
        self._drain()
        if time.monotonic() - self._synced > self.SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Put everything so far on the disk."""
        self._drain()
        try:
            os.fsync(self._file)
        except OSError:
            return
        self._synced = time.monotonic()

    def _drain(self) -> None:
        try:
            while self._unwritten:
                written = os.write(self._file, self._unwritten)
                self._unwritten = self._unwritten[written:]
        except OSError:
            return

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sync()
        os.close(self._file)
