"""What is done to jobs: the words for it, and how it is undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pft_tui.ranges import Ranges
from pft_tui.tui.words import job_words

MOST_RANGES = 3000  # of numbers: what a request of 64 KiB holds

# What has been done by a request, in words.
DONE = {
    "hold": "paused",
    "release": "resumed",
    "cancel": "cancelled",
    "retry": "queued again",
    "priority": "given another priority",
}
_OPPOSITES = {"hold": "release", "release": "hold", "cancel": "retry"}


@dataclass(frozen=True, slots=True)
class Undo:
    """Requests that take a change back, and what they undo in words."""

    words: str
    steps: Sequence[tuple[str, dict[str, Any]]]


def undo_of(name: str, answer: Mapping[str, Any]) -> Undo | None:
    """How a change is taken back, by what the daemon answered to it; None where it cannot be."""
    if not answer["changed"]:
        return None
    words = outcome(name, answer["changed"])
    if name in _OPPOSITES:
        return Undo(
            words, [(_OPPOSITES[name], {"jobs": {"numbers": part}}) for part in parts(answer["numbers"])]
        )
    if name == "priority":
        # From the highest on: each step lifts what its jobs wait for, and that is set right by a later one.
        former = sorted(
            ((int(priority), ranges) for priority, ranges in answer["former"].items()), reverse=True
        )
        steps = [
            ("priority", {"jobs": {"numbers": part}, "priority": priority})
            for priority, ranges in former
            for part in parts(ranges)
        ]
        return Undo(words, steps)
    return None


def parts(ranges: Ranges) -> Iterator[Ranges]:
    """The ranges in as many parts as requests for them take."""
    return (ranges[start : start + MOST_RANGES] for start in range(0, len(ranges), MOST_RANGES))


def outcome(name: str, changed: int) -> str:
    """What has been done: `40 jobs cancelled`."""
    return f"{jobs(changed)} {DONE[name]}"


def jobs(count: int) -> str:
    """So many jobs, in words."""
    return "1 job" if count == 1 else f"{count:,} jobs"


def question(name: str, states: Mapping[str, int], job: Mapping[str, Any] | None) -> str | None:
    """What to ask before jobs in these states are changed; None where nothing would change.

    `job` is the one that is meant, if it is one.
    """
    if name == "cancel":
        running = states.get("running", 0)
        count, verb = states.get("queued", 0) + running, "Cancel"
        rest = f" {running:,} of them run, and are stopped." if running and count > 1 else ""
    else:
        count, verb = states.get("failed", 0) + states.get("cancelled", 0), "Retry"
        rest = " Their errors and curves go."
    if not count:
        return None
    which = f"job {job['number']}, {job_words(job)}" if job else jobs(count)
    return f"{verb} {which}?{rest}"
