"""Which jobs there are to look at: those that run, those that ended last, and the one on show."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from pft_tui.tui.feed import Feed
from pft_tui.tui.live.runs import Job, News, Run, Runs

MOST_RUNNING, MOST_ENDED = 64, 12
LINGER_SECONDS = 5.0  # for which a job that has ended stays on show, since the next may be as short


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer brought: all jobs, or None where they were not asked for, and what runs measured."""

    jobs: list[Job] | None
    news: list[News]


class Watch:
    """Keeps the jobs and their curves. The `ask` methods block and may run in a thread; `take` takes it in.

    `chosen` is the id of the job that the user chose; without one the first is on show, until it has ended
    and been seen.
    """

    def __init__(self, feed: Feed) -> None:
        self.jobs: list[Job] = []
        self.chosen: str | None = None
        self._followed: str | None = None
        self._feed = feed
        self._runs = Runs(feed)

    @property
    def shown(self) -> Job | None:
        """The job on show."""
        wanted = self.chosen or self._followed
        first = self.jobs[0] if self.jobs else None
        return next((job for job in self.jobs if job["id"] == wanted), first)

    def follow(self) -> None:
        """Show what runs on the first slot, whatever that is."""
        self.chosen = self._followed = None

    def run_of(self, job: Job | None) -> Run | None:
        """The curves of a job, if any were asked for."""
        return self._runs.of(job["id"]) if job else None

    def ask_all(self, slots: Mapping[str, int]) -> Found:
        """All jobs, by the slot they run on and then by when they ended, with what is new of them.

        Raises PftError.
        """
        ended = {"states": ["finished", "failed"]}
        running = self._feed.ask("jobs", jobs={"states": ["running"]}, limit=MOST_RUNNING)["jobs"]
        others = self._feed.ask("jobs", jobs=ended, by="finished", descending=True, limit=MOST_ENDED)["jobs"]
        if self.chosen and self.chosen not in {job["id"] for job in (*running, *others)}:
            others += self._feed.ask("jobs", jobs={"ids": [self.chosen]}, limit=1)["jobs"]
        over = {job["id"] for job in others}  # one may have ended between two questions
        running = [job for job in running if job["id"] not in over]
        running.sort(key=lambda job: (slots.get(job["id"], len(slots)), job["number"]))
        jobs = [*running, *others]
        return Found(jobs, self._runs.ask(jobs))

    def ask_shown(self) -> Found:
        """What is new of the job on show. Raises PftError."""
        return Found(None, self._runs.ask([self.shown] if self.shown else []))

    def take(self, found: Found) -> None:
        """Take in an answer."""
        self._runs.take(found.news)
        if found.jobs is not None:
            self.jobs = found.jobs
            shown = self.shown
            over_since = shown["finished_at"] if shown and shown["state"] != "running" else None
            is_over = over_since is not None and time.time() - over_since > LINGER_SECONDS
            self._followed = shown["id"] if shown and not is_over else None
            self._runs.forget_all_but(job["id"] for job in found.jobs)
