"""What workers report: one JSON line each, appended to a spool file and never changed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

# No count, size or time in seconds comes near; what does is no event of ours, and SQL could not hold it.
LARGEST = 10**11
Whole = Annotated[int, Field(gt=-LARGEST, lt=LARGEST)]
Real = Annotated[float, Field(gt=-LARGEST, lt=LARGEST, allow_inf_nan=False)]
Small = Annotated[int, Field(ge=0, lt=1 << 31)]


@dataclass(frozen=True)
class EnvironmentSeen:
    """The machine, packages and revision that a worker runs with; `environment_id` is their hash."""

    environment_id: str
    details: dict[str, str]
    at: Real
    type: Literal["environment"] = "environment"


@dataclass(frozen=True)
class JobStarted:
    """A job (prepare, prefinetune or trial) began on a worker."""

    job_id: str
    worker_id: str
    attempt: Whole
    at: Real
    type: Literal["job_started"] = "job_started"


@dataclass(frozen=True)
class JobProgress:
    """How far a long job is, in units of its own (files, steps)."""

    job_id: str
    done: Whole
    total: Whole
    unit: str
    at: Real
    type: Literal["job_progress"] = "job_progress"


@dataclass(frozen=True)
class JobFinished:
    """A job ended well. Its result, if it has one, is an event of its own before this one."""

    job_id: str
    at: Real
    type: Literal["job_finished"] = "job_finished"


@dataclass(frozen=True)
class JobFailed:
    """A job ended badly; `final` where trying again cannot help."""

    job_id: str
    error: str
    final: bool
    at: Real
    type: Literal["job_failed"] = "job_failed"


@dataclass(frozen=True)
class Metrics:
    """A stretch of the curves of a run (a model or a trial): its epochs and, by name, a value of each.

    `steps` counts the optimiser's steps so far, `at` is when each epoch was reported. A value that is no
    number is None. Raises ValueError where any of the lists is not as long as `epochs`.
    """

    run_id: str
    epochs: list[Whole]
    steps: list[Whole]
    values: dict[str, list[float | None]]
    at: list[Real]
    type: Literal["metrics"] = "metrics"

    def __post_init__(self) -> None:
        if {len(self.steps), len(self.at), *map(len, self.values.values())} != {len(self.epochs)}:
            raise ValueError("metrics need a step, a time and a value of each name for every epoch")

    def add(self, epoch: int, step: int, values: Mapping[str, float | None], at: float) -> None:
        """Go on with another epoch, which has a value of each name."""
        self.epochs.append(epoch)
        self.steps.append(step)
        self.at.append(at)
        for name, value in values.items():
            self.values[name].append(value)

    def until(self, last: int) -> Metrics:
        """The metrics without those of epochs after `last`."""
        kept = [at for at, epoch in enumerate(self.epochs) if epoch <= last]
        return Metrics(
            self.run_id,
            [self.epochs[at] for at in kept],
            [self.steps[at] for at in kept],
            {name: [values[at] for at in kept] for name, values in self.values.items()},
            [self.at[at] for at in kept],
        )


@dataclass(frozen=True)
class RunRestarted:
    """A run begins again after `epoch` epochs: what it reported of later ones no longer holds."""

    run_id: str
    epoch: Whole
    at: Real
    type: Literal["run_restarted"] = "run_restarted"


@dataclass(frozen=True)
class TrialResult:
    """The outcome of a trial on the test split; fractions lie in 0..1, `seconds` is wall-clock time."""

    trial_id: str
    epochs: Whole
    best_epoch: Whole
    val_macro_f1: Real | None
    accuracy: Real
    macro_f1: Real
    weighted_f1: Real
    seconds: Real
    device: str
    examples: list[str]
    environment_id: str
    started_at: Real
    at: Real
    type: Literal["trial_result"] = "trial_result"


@dataclass(frozen=True)
class ModelResult:
    """The outcome of a pre-finetuning."""

    model_id: str
    epochs: Whole
    best_epoch: Whole
    val_loss: Real
    seconds: Real
    device: str
    environment_id: str
    started_at: Real
    at: Real
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
    seconds: Real | None
    sample_rate: Whole | None
    text: str | None


@dataclass(frozen=True)
class UtterancesSeen:
    """Some utterances of one reading of a corpus, by its digest."""

    corpus: str
    digest: str
    rows: list[UtteranceRow]
    at: Real
    type: Literal["utterances"] = "utterances"


@dataclass(frozen=True)
class CorpusSeen:
    """All utterances of this reading of a corpus have been reported: it takes the place of older ones."""

    corpus: str
    digest: str
    reader: str
    root: str
    utterances: Whole
    problems: Whole
    at: Real
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
    seed: Whole
    status: str
    epochs: Whole | None = None
    best_epoch: Whole | None = None
    val_macro_f1: Real | None = None
    accuracy: Real | None
    macro_f1: Real | None
    weighted_f1: Real | None = None
    seconds: Real | None = None
    device: str | None = None
    examples: list[str] | None = None
    error: str | None = None
    started_at: Real | None = None
    finished_at: Real | None = None


@dataclass(frozen=True)
class TrialsImported:
    """All trials of one imported file; with `replace` they take the place of the source's older ones."""

    source: str
    file: str
    replace: bool
    trials: list[ImportedTrial]
    at: Real
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
