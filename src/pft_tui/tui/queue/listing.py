"""The jobs of the filter as far as they are here: rows by their place, fetched a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Job = dict[str, Any]
MOST_JOBS = 1000  # of a request


class Listing:
    """Rows by their place in the order; what is on screen is always asked for first."""

    def __init__(self) -> None:
        self.total = 0
        self.states: dict[str, int] = {}
        self._jobs: dict[int, Job] = {}

    def job(self, place: int) -> Job | None:
        """The job at a place, None where it is not here yet."""
        return self._jobs.get(place)

    def place(self, number: int, among: Iterable[int]) -> int | None:
        """At which of these places the job of that number stands, None where at none."""
        found = ((place, self._jobs.get(place)) for place in among)
        return next((place for place, job in found if job and job["number"] == number), None)

    def numbers(self, places: Iterable[int]) -> list[int] | None:
        """The numbers of the jobs at these places, None where some are not here."""
        found = [self._jobs.get(place) for place in places]
        return None if None in found else [job["number"] for job in found if job]

    def take(self, skip: int, answer: dict[str, Any]) -> set[int]:
        """Take in a page that begins after `skip` jobs; the places at which something changed."""
        self.total, self.states = answer["total"], answer["states"]
        fresh = dict(enumerate(answer["jobs"], skip))
        changed = {place for place, job in fresh.items() if self._jobs.get(place) != job}
        self._jobs.update(fresh)
        for place in [place for place in self._jobs if place >= self.total]:
            del self._jobs[place]
        return changed

    def lacks(self, places: range) -> bool:
        """Whether any job at these places is not here."""
        return any(place not in self._jobs for place in places if place < self.total)


def span(view: range, screens: int) -> tuple[int, int]:
    """So many screens around the view as a request says it: how many jobs to skip, and how many to fetch."""
    margin = screens * len(view)
    first = max(0, view.start - margin)
    return first, min(MOST_JOBS, view.stop + margin - first)
