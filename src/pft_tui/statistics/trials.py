"""A trial as statistics see it: the cell it fills, and its score if it has one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pft_tui.errors import UsageError

FINISHED = "finished"
ABSENT = "absent"
NO_SCORE = "without a score"
UNKNOWN = "unknown"

Row = Mapping[str, Any]


class Cell(NamedTuple):
    """What two trials have in common that can be paired: only the model or method differs."""

    speaker: str
    emotion: str
    k: int
    trial: int
    seed: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial of one model or method. `score` is None unless it has finished."""

    cell: Cell
    language: str
    score: float | None
    status: str = FINISHED


def read_trial(row: Row, metric: str) -> Trial:
    """The trial in a row of one of the database's views of trials, scored by the column `metric`.

    A trial that has not finished, or whose score is NULL or not finite, has no score; it still counts
    among those to be expected. A view without `status` tells by the score alone. A speaker of no known
    language goes by `unknown`.
    """
    cell = Cell(row["speaker"], row["emotion"], row["k"], row["trial"], row["seed"])
    language, status, score = row["language"] or UNKNOWN, row.get("status", FINISHED), row[metric]
    if status != FINISHED:
        return Trial(cell, language, None, status)
    if score is None or not math.isfinite(score):
        return Trial(cell, language, None, NO_SCORE)
    return Trial(cell, language, float(score))


def by_cell(trials: Iterable[Trial], name: str) -> dict[Cell, Trial]:
    """The trials of `name` by their cells. Raises UsageError where two trials fill the same cell."""
    cells: dict[Cell, Trial] = {}
    for trial in trials:
        if cells.setdefault(trial.cell, trial) is not trial:
            cell = ", ".join(f"{part} {value}" for part, value in trial.cell._asdict().items())
            raise UsageError(
                f"two trials of {name} fill the same cell: {cell}",
                hint="choose one protocol, encoder and downstream corpus",
            )
    return cells
