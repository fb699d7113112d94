"""What runs have measured so far, asked for bit by bit, and drawn as curves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pft_tui.tui.feed import Feed
from pft_tui.tui.plot.series import Series, curve

Job = Mapping[str, Any]
Values = dict[int, float | None]
PREFINETUNE = "prefinetune"
_MOST = 8


@dataclass
class Run:
    """The curves of one attempt at a job: values by metric and epoch; `is_whole` once the job has ended."""

    job_id: str
    kind: str
    begun: tuple[float | None, int]
    metrics: dict[str, Values] = field(default_factory=dict)
    epoch: int = -1
    is_whole: bool = False

    def curve(self, metric: str) -> list[float | None]:
        """The values of a metric in the order of their epochs."""
        return [value for _, value in sorted(self.metrics.get(metric, {}).items())]

    def last(self, metric: str) -> float | None:
        """The last value of a metric."""
        return next(iter(reversed(self.curve(metric))), None)

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose state is kept: of a model that with the smallest validation loss, of a trial that
        with the largest macro F1; the first of equals."""
        name, sign = ("val_loss", 1) if self.kind == PREFINETUNE else ("val_macro_f1", -1)
        known = [
            (sign * value, epoch) for epoch, value in self.metrics.get(name, {}).items() if value is not None
        ]
        return min(known)[1] if known else None


@dataclass(frozen=True, slots=True)
class News:
    """What a job has measured in the epochs after `after`, as rows of epoch, name and value."""

    job: Job
    after: int
    rows: Sequence[Mapping[str, Any]]


class Runs:
    """The curves of the jobs that were looked at last.

    `ask` asks for what is new in them, and may be called in a thread; `take` takes it in.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._runs: dict[str, Run] = {}

    def of(self, job_id: str) -> Run | None:
        """The run of a job, if it was asked for."""
        return self._runs.get(job_id)

    def ask(self, jobs: Sequence[Job]) -> list[News]:
        """What these jobs have measured since they were last asked. Raises PftError."""
        known = {job["id"]: self._known(job) for job in jobs}
        open_runs = {
            job["id"]: known[job["id"]].epoch
            for job in jobs
            if job["kind"] != "prepare" and not known[job["id"]].is_whole
        }
        rows: dict[str, list[Mapping[str, Any]]] = {}
        for row in self._feed.ask("curves", runs=open_runs) if open_runs else ():
            rows.setdefault(row["run_id"], []).append(row)
        return [News(job, known[job["id"]].epoch, rows.get(job["id"], ())) for job in jobs]

    def _known(self, job: Job) -> Run:
        """What is known of this attempt at the job."""
        run = self._runs.get(job["id"])
        return run if run and run.begun == _begun(job) else Run(job["id"], job["kind"], _begun(job))

    def take(self, news: Iterable[News]) -> None:
        """Take in what was asked for."""
        for item in news:
            run = self._runs[item.job["id"]] = self._known(item.job)
            if item.after != run.epoch:
                continue  # overtaken by an answer to a later question
            for row in item.rows:
                run.metrics.setdefault(row["name"], {})[row["epoch"]] = row["value"]
                run.epoch = max(run.epoch, row["epoch"])
            run.is_whole = item.job["state"] != "running"

    def forget_all_but(self, job_ids: Iterable[str]) -> None:
        """Keep the curves of these jobs alone."""
        kept = set(job_ids)
        self._runs = {job_id: run for job_id, run in self._runs.items() if job_id in kept}


def _begun(job: Job) -> tuple[float | None, int]:
    """What tells one attempt at a job from the next."""
    return job["started_at"], job["attempts"]


def losses(run: Run, *, training: bool) -> list[Series]:
    """The losses: of a trial training and validation, of a model those of each task as well.

    With `training` the tasks' losses are those in training, else in validation.
    """
    tasks = _tasks(run, "train_loss/" if training else "val_loss/")
    names = {"train_loss": "train", "val_loss": "validation"} | (tasks if len(tasks) > 1 else {})
    return _series(run, names, "val_loss")


def scores(run: Run) -> list[Series]:
    """The macro F1 on the evaluation split: of a model that of each task."""
    names = {"val_macro_f1": "macro F1"} | _tasks(run, "val_macro_f1/")
    return _series(run, names, "val_macro_f1")


def _tasks(run: Run, prefix: str) -> dict[str, str]:
    return {name: name.removeprefix(prefix) for name in sorted(run.metrics) if name.startswith(prefix)}


def _series(run: Run, names: Mapping[str, str], marked: str) -> list[Series]:
    """The curves of these metrics under their names, with the best epoch on one, or else on the first."""
    there = [name for name in names if name in run.metrics][:_MOST]
    series = []
    for place, name in enumerate(there):
        points = sorted(run.metrics[name].items())
        is_marked = name == marked or (marked not in there and place == 0)
        best = run.best_epoch if is_marked else None
        values = [float("nan") if value is None else value for _, value in points]
        series.append(curve(names[name], [epoch for epoch, _ in points], values, best=best))
    return series
