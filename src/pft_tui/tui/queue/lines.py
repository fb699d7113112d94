"""How jobs look: a row of the table, the counts above it, the words on one job below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from pft_tui.tui.longtable import Cell, Column
from pft_tui.tui.signs import SIGNS
from pft_tui.tui.words import duration, job_words

Job = Mapping[str, Any]
COUNTED = ("queued", "running", "finished", "failed", "cancelled")
_TRAIL = 2  # LongTable puts it after each column
_ALWAYS = {"": 1, "job": 6, "state": 11, "model": 19, "speaker": 7, "emotion": 8, "k": 3, "#": 3, "prio": 4}
# What is shown where there is room for it, in this order: the header, and the width it has or grows to.
_OPTIONAL = (("why", 24), ("why", 40), ("kind", 11), ("took", 12), ("tries", 5), ("model", 42))
_NUMBERS = {"job", "k", "#", "prio", "tries", "took"}
_ORDER = (
    "", "job", "state", "kind", "model", "speaker", "emotion", "k", "#", "prio", "tries", "took", "why"
)  # fmt: skip


def columns(width: int) -> list[Column]:
    """The columns for a table so wide: what there is no room for is left out, the last takes the rest."""
    widths = dict(_ALWAYS)
    left = width - sum(each + _TRAIL for each in widths.values()) + _TRAIL
    for header, wanted in _OPTIONAL:
        more = wanted - widths[header] if header in widths else wanted + _TRAIL
        if header in widths:
            more = max(0, min(more, left))
        if more <= left:
            widths[header] = widths.get(header, -_TRAIL) + more
            left -= more
    if "why" in widths:
        widths["why"] += left
    shown = [header for header in _ORDER if header in widths]
    return [Column(each, widths[each], "right" if each in _NUMBERS else "left") for each in shown]


def cells(job: Job, shown: list[Column], *, is_marked: bool, now: float) -> list[Cell]:
    """A job's row. `now` is in seconds since the epoch."""
    state = state_of(job)
    sign, style = SIGNS[state]
    kind_shown = any(column.header == "kind" for column in shown)
    values: dict[str, Cell] = {
        "": "▌" if is_marked else "",
        "job": str(job["number"]),
        "state": (f"{sign} {state}", style),
        "kind": job["kind"],
        "model": what(job) if kind_shown or job["kind"] == "trial" else f"{job['kind']} {what(job)}",
        "speaker": job["speaker"] or "",
        "emotion": job["emotion"] or "",
        "k": "" if job["k"] is None else str(job["k"]),
        "#": "" if job["trial"] is None else str(job["trial"]),
        "prio": str(job["priority"]),
        "tries": str(job["attempts"]),
        "took": took(job, now),
        "why": (why(job), style if state == "failed" else ""),
    }
    return [values[column.header] for column in shown]


def state_of(job: Job) -> str:
    """The job's state; `paused` where it is held back."""
    return "paused" if job["held"] and job["state"] == "queued" else str(job["state"])


def what(job: Job) -> str:
    """The model that a job makes or starts from, or the corpus whose audio it decodes."""
    return str(job["corpus"] or job["model"] or "")


def why(job: Job) -> str:
    """How far a job is, or else why it waits, failed or was cancelled, in a line."""
    if job["state"] == "running":
        return f"{job['done']}/{job['total']} {job['unit']}" if job["done"] is not None else ""
    return (job["reason"] or job["error"] or "").partition("\n")[0]


def took(job: Job, now: float) -> str:
    """How long a job ran, or has run until `now`."""
    if job["started_at"] is None or job["state"] == "queued":
        return ""
    end = now if job["state"] == "running" else job["finished_at"]
    return "" if end is None else duration(max(0.0, end - job["started_at"]))


def counts(states: Mapping[str, int]) -> Text:
    """How many jobs are in which state."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{sum(states.values()):,} jobs", style="bold")
    for state in COUNTED:
        sign, style = SIGNS[state]
        if count := states.get(state, 0):
            text.append("   ").append(f"{sign} {count:,} {state}", style=style)
    return text


def words_on(job: Job) -> Text:
    """A job in two lines: what it is, and why it is as it is."""
    state = state_of(job)
    sign, style = SIGNS[state]
    name = job_words(job)
    first = Text.assemble(
        (f"{job['number']} ", "bold"), name if job["kind"] == "trial" else f"{job['kind']} {what(job)}"
    )
    reason = why(job)
    second = Text.assemble((f"{sign} {state}", style), f": {reason}" if reason else "")
    return Text("\n").join((first, second))
