"""Many events folded into the rows to be written for them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Literal

from pft_tui.events import (
    CorpusSeen,
    EnvironmentSeen,
    Event,
    JobFailed,
    JobFinished,
    JobProgress,
    JobStarted,
    Metrics,
    ModelResult,
    RunRestarted,
    TrialResult,
    TrialsImported,
    UtterancesSeen,
)

Row = tuple[object, ...]
# "ended" is a job's own word for it; only a result, or a job that has none, makes that "finished".
Outcome = Literal["running", "ended", "failed", "finished"]


@dataclass(slots=True)
class JobChange:
    """What became of a job, from all its events of a batch. Times are seconds since the epoch."""

    job_id: str
    outcome: Outcome | None = None
    starts: int = 0
    worker_id: str | None = None
    started: float | None = None
    final: bool = False
    error: str | None = None
    ended: float | None = None
    done: int | None = None
    total: int | None = None
    unit: str | None = None

    def end(self, outcome: Outcome, at: float, *, error: str | None = None, final: bool = False) -> None:
        """Take note of an outcome; a result that is there stays, whatever follows."""
        if self.outcome != "finished":
            self.outcome, self.ended, self.error, self.final = outcome, at, error, final


def row_of(record: type, *, without: str = "") -> attrgetter[Row]:
    """Takes the fields of such a record, in their order, as a row (`astuple` would copy each deeply)."""
    return attrgetter(*(column.name for column in fields(record) if column.name != without))


# The fields of the results stand in the order of their tables' columns.
_TRIAL_RESULT = row_of(TrialResult, without="type")
_MODEL_RESULT = row_of(ModelResult, without="type")


@dataclass(slots=True)
class Batch:
    """The rows that a batch of events comes to, in the columns of the tables `fresh_...`.

    `readings` keeps the order of the corpora's events, since a CorpusSeen closes what came before it.
    """

    jobs: dict[str, JobChange] = field(default_factory=dict)
    metrics: dict[str, list[Metrics]] = field(default_factory=dict)
    restarts: list[Row] = field(default_factory=list)
    trial_results: dict[str, Row] = field(default_factory=dict)
    model_results: dict[str, Row] = field(default_factory=dict)
    environments: dict[str, Row] = field(default_factory=dict)
    readings: list[UtterancesSeen | CorpusSeen] = field(default_factory=list)
    imports: list[TrialsImported] = field(default_factory=list)
    log: list[Row] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Fold one event in."""
        match event:
            case Metrics():
                self.metrics.setdefault(event.run_id, []).append(event)
            case UtterancesSeen() | CorpusSeen():
                self.readings.append(event)
            case TrialsImported():
                self.imports.append(event)
            case EnvironmentSeen():
                row = (event.environment_id, json.dumps(event.details), event.at)
                self.environments.setdefault(event.environment_id, row)
            case TrialResult() | ModelResult():
                self._add_result(event)
            case RunRestarted():
                self.restarts.append((event.run_id, event.epoch))
                parts = self.metrics.get(event.run_id, [])
                self.metrics[event.run_id] = [part.until(event.epoch) for part in parts]
            case _:
                self._add_job_event(event)

    def _add_result(self, event: TrialResult | ModelResult) -> None:
        if isinstance(event, TrialResult):
            run_id = event.trial_id
            self.trial_results.setdefault(run_id, _TRIAL_RESULT(event))
        else:
            run_id = event.model_id
            self.model_results.setdefault(run_id, _MODEL_RESULT(event))
        self._job(run_id).end("finished", event.at)

    def _add_job_event(self, event: JobStarted | JobProgress | JobFinished | JobFailed) -> None:
        job = self._job(event.job_id)
        match event:
            case JobStarted():
                job.end("running", event.at)
                job.starts += 1
                job.worker_id, job.started = event.worker_id, event.at
            case JobProgress():
                job.done, job.total, job.unit = event.done, event.total, event.unit
            case JobFinished():
                job.end("ended", event.at)
            case JobFailed():
                job.end("failed", event.at, error=event.error, final=event.final)
                self.log.append((event.at, "job_failed", event.job_id, event.error))

    def _job(self, job_id: str) -> JobChange:
        return self.jobs.setdefault(job_id, JobChange(job_id))
