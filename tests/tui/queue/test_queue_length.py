"""A long queue: rows that come as they are wanted, marks across what was never on screen."""

import asyncio

import pytest
from noop_grids import enqueue, noop_grid
from queues import lines, queue_of, said, screen, table, until

from pft_tui.daemon.client import ask

JOBS = 4000


@pytest.fixture
def long(daemon):
    """A paused daemon with many jobs."""
    ask(daemon, "pause")
    enqueue(daemon, noop_grid(JOBS))
    return daemon


def test_any_place_is_a_key_away_and_only_pages_are_fetched(long):
    async def use():
        async with queue_of(long) as pilot:
            assert table(pilot).count == JOBS
            await pilot.press("end")
            await until(pilot, lambda: lines(pilot)[-1].split()[0] == str(JOBS))
            assert table(pilot).listing.job(JOBS // 2) is None
            await pilot.press("pageup", "pageup")
            first = table(pilot).rows_in_view.start
            assert first < JOBS - table(pilot).size.height
            assert lines(pilot)[0].split()[:3] == [
                str(first + 1),
                "○",
                "queued",
            ]  # fetched with the last page
            await pilot.press("home")
            await until(pilot, lambda: lines(pilot)[0].split()[0] == "1")

    asyncio.run(use())


def test_a_range_from_the_first_to_the_last_by_one_request_for_their_numbers(long):
    async def use():
        async with queue_of(long) as pilot:
            await pilot.press("down", "v", "end", "up", "v")
            await until(pilot, lambda: len(table(pilot).marks.numbers) == JOBS - 2)
            assert f"{JOBS - 2:,} marked" in screen(pilot)
            await pilot.press("p")
            paused = lambda: ask(long, "jobs", jobs={"states": ["paused"]}, limit=0)["total"]  # noqa: E731
            await until(pilot, lambda: paused() == JOBS - 2)

    asyncio.run(use())


def test_what_is_too_scattered_for_a_request_is_refused_with_the_remedy(long, monkeypatch):
    monkeypatch.setattr("pft_tui.tui.queue.hand.MOST_RANGES", 3)

    async def use():
        async with queue_of(long) as pilot:
            for _ in range(4):
                await pilot.press("space", "down")
            await pilot.press("p")
            await until(pilot, lambda: "mark all (*)" in said(pilot))
            assert ask(long, "jobs", jobs={"states": ["paused"]}, limit=0)["total"] == 0

    asyncio.run(use())


def test_it_fits_every_size_and_says_all_of_the_job_below(long):
    async def look(size):
        async with queue_of(long, size=size) as pilot:
            text = screen(pilot)
            assert all(len(line) <= size[0] for line in text.splitlines())
            assert "1 0000 happy k=2 #0" in text
            assert "○ queued: paused" in text
            assert "Quit" in text.splitlines()[-1]

    for size in ((80, 24), (120, 40), (200, 60)):
        asyncio.run(look(size))
