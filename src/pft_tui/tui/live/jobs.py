"""The jobs that run and those that ended last, as the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pft_tui.reports import palette
from pft_tui.tui.live.bars import spark
from pft_tui.tui.live.grid import dots_of
from pft_tui.tui.live.runs import Run
from pft_tui.tui.longtable import Cell, Column
from pft_tui.tui.signs import SIGNS
from pft_tui.tui.words import HOUR, MINUTE, duration, job_words

Job = Mapping[str, Any]
_NARROW = 100
_LEAST_WORDS = 16
_FIXED = (
    Column("", 2, "right"),
    Column("job", 6, "right"),
    Column("at", 9, "right"),
    Column("loss", 10),
    Column("", 6, "right"),
    Column("F1", 5, "right"),
    Column("time", 8, "right"),
)
_GAPS = 2 * (len(_FIXED) + 1)
_AT = 2  # the place of "at"


def columns_for(width: int) -> list[Column]:
    """The table's columns in so much room: what a job is takes what the others leave.

    Where there is little, how far it is and its spark get less: the words tell one trial from the next.
    """
    fixed = [*_FIXED]
    if width < _NARROW:
        fixed[_AT : _AT + 2] = Column("at", 7, "right"), Column("loss", 4)
    words = max(_LEAST_WORDS, width - sum(column.width for column in fixed) - _GAPS)
    return [*fixed[:_AT], Column("", words), *fixed[_AT:]]


def row_of(
    job: Job,
    run: Run | None,
    slots: Mapping[str, int],
    corpora: Sequence[str],
    columns: Sequence[Column],
    now: float,
) -> list[Cell]:
    """A job's cells: its slot or how it ended, number, what it is, how far, its loss, its score, its time.

    `now` is in seconds since the epoch.
    """
    is_running = job["state"] == "running"
    style = "" if is_running else "dim"
    words = words_of(job, corpora, columns[_AT].width)
    loss = run.curve("train_loss") if run else []
    last, score = (run.last("train_loss"), run.last("val_macro_f1")) if run else (None, None)
    return [
        _mark(job, slots),
        (str(job["number"]), style),
        (words, style),
        (_at(job, run), style),
        (spark(loss, columns[_AT + 2].width), palette.style(palette.ORANGE)),
        ("" if last is None else f"{last:.3f}"[:6], style),
        ("" if score is None else f"{score:.3f}", style),
        (_time(job, now), style),
    ]


def words_of(job: Job, corpora: Sequence[str], width: int) -> str:
    """What a job is, its corpora as dots where their names do not fit into the width."""
    kind = "" if job["kind"] == "trial" else f"{job['kind']} "
    words = kind + (job["corpus"] if job["kind"] == "prepare" else job_words(job))
    if len(words) <= width or not job["model"]:
        return words
    return kind + job_words({**job, "model": dots_of(job["model"], corpora)})


def _mark(job: Job, slots: Mapping[str, int]) -> Cell:
    """The slot of a job that runs, else a sign for its state."""
    is_on_slot = job["state"] == "running" and job["id"] in slots
    return str(slots[job["id"]]) if is_on_slot else SIGNS[job["state"]]


def _at(job: Job, run: Run | None) -> str:
    if job["kind"] != "trial" and job["total"]:
        return f"{job['done'] or 0}/{job['total']}"
    return f"ep {run.epoch}" if run and run.epoch >= 0 else ""


def _time(job: Job, now: float) -> str:
    """How long a job has run or ran: `4.2 s`, `1:21`, `2:03:45`."""
    if job["started_at"] is None:
        return ""
    seconds = max(0.0, (job["finished_at"] or now) - job["started_at"])
    if seconds < MINUTE:
        return duration(seconds)
    clock = f"{int(seconds) % HOUR // MINUTE:02}:{int(seconds) % MINUTE:02}"
    return f"{int(seconds) // HOUR}:{clock}" if seconds >= HOUR else clock.lstrip("0")
