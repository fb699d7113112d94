"""Jobs in a file, all those of a filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pft_tui.tui.exports import write_table
from pft_tui.tui.feed import Feed
from pft_tui.tui.queue.listing import MOST_JOBS, Job


def write_csv(feed: Feed, asked: Mapping[str, Any], path: Path) -> None:
    """Write the jobs of a request (its `jobs`, `by` and `descending`) with all that is known of them.

    Times are seconds since the epoch. Raises PftError where they cannot be had.
    """
    jobs = [job for page in _pages(feed, asked) for job in page]
    write_table(list(jobs[0]) if jobs else [], (list(job.values()) for job in jobs), path)


def _pages(feed: Feed, asked: Mapping[str, Any]) -> Iterator[list[Job]]:
    skip = 0
    while True:
        page = feed.ask("jobs", **asked, skip=skip, limit=MOST_JOBS)["jobs"]
        yield page
        skip += len(page)
        if len(page) < MOST_JOBS:
            return
