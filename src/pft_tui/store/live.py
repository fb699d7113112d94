"""What is asked while work goes on: how far each model and its trials are, how fast, and a run's curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from pft_tui.store.pending import Progress, progress
from pft_tui.store.scripts import statement

RATE_SECONDS = 600.0
_EVER = datetime(1970, 1, 1)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Overview:
    """How far everything is: `models` has a row for each model and each method without an encoder.

    `rate` counts the trials that finished a second in the last minutes, None while that is unknown;
    `left` is the seconds that the rest takes at that rate.
    """

    progress: Progress
    models: list[Row]
    rate: float | None
    left: float | None


def overview(connection: duckdb.DuckDBPyConnection, now: float) -> Overview:
    """How far everything is at the time `now` (seconds since the epoch)."""
    found = connection.execute(statement("overview"))
    names = [column[0] for column in found.description or []]
    models = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    counts = progress(connection)
    rate = _rate(connection, now)
    open_trials = counts.trials.queued + counts.trials.running
    return Overview(counts, models, rate, open_trials / rate if rate else None)


def values(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    """The models, speakers, emotions and numbers of shots that there are among the jobs, each in order."""
    found = connection.execute(statement("values")).fetchone()
    assert found is not None
    return dict(zip(("model", "speaker", "emotion", "k"), found, strict=True))


def _rate(connection: duckdb.DuckDBPyConnection, now: float) -> float | None:
    """Trials that finished a second, over as much of the last RATE_SECONDS as trials were at work."""
    end = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
    since = end - timedelta(seconds=RATE_SECONDS)
    row = connection.execute(statement("recent_trials"), {"since": since}).fetchone()
    if row is None or not row[0]:
        return None
    finished, began = row
    seconds = (end - max(began, since)).total_seconds()
    return float(finished / seconds) if seconds > 0 else None


def curves(connection: duckdb.DuckDBPyConnection, runs: Mapping[str, int]) -> list[Row]:
    """The metrics of runs (trials and models), each in epochs later than the given one.

    They are in order of run, epoch and name.
    """
    # A trial that begins again loses its curve; a model keeps that of its earlier attempts.
    sql = "select job_id, min(started_at) from private.jobs where kind = 'trial' and job_id in"
    began = connection.execute(f"{sql} (select unnest($1)) group by job_id", [list(runs)]).fetchall()
    started = {run: since for run, since in began if since}
    since = [started.get(run, _EVER) for run in runs]
    values = {
        "runs": list(runs),
        "after": list(runs.values()),
        "since": since,
        "first": min(since, default=_EVER),
    }
    found = connection.execute(statement("curves"), values)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, each, strict=True)) for each in found.fetchall()]
