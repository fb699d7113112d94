"""One job opened: its details, its error, the log of its worker; and the daemon's log."""

import asyncio

import pytest
from noop_grids import SETTINGS, enqueue, noop_grid, wait_done
from queues import queue_of, said, screen, table, typed, until

from pft_tui.daemon.client import ask, ensure_running
from pft_tui.paths import Workspace
from pft_tui.tui.queue.job import JobScreen
from pft_tui.tui.queue.logview import LogView


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """Two trials that failed: their corpus has no listing."""
    workspace = Workspace(tmp_path_factory.mktemp("failed"))
    workspace.settings_file.write_text(SETTINGS)
    ensure_running(workspace)
    enqueue(workspace, noop_grid(2, method="constant"))
    wait_done(workspace)
    yield workspace
    ask(workspace, "down", now=True)


def test_a_job_shows_everything_and_its_whole_error(failed):
    [job, _] = ask(failed, "jobs")["jobs"]

    async def look():
        async with queue_of(failed, size=(80, 24)) as pilot:
            assert "✗ failed: there is no listing" in screen(pilot)
            await pilot.press("enter")
            await until(pilot, lambda: "Job 1" in screen(pilot))
            text = screen(pilot)
            for part in (
                "✗ failed",
                job["id"],
                "0000",
                "happy",
                "k=2",
                "draw 0",
                job["worker"],
                "started 20",
            ):
                assert part in " ".join(text.split()), part
            assert job["error"] in text.replace("\n", "").replace("  ", " ") or "no listing" in text
            assert f"{job['worker']}.log" in text
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.focused is table(pilot))

    asyncio.run(look())


def test_details_stay_up_to_date(daemon):
    ask(daemon, "pause")
    enqueue(daemon, noop_grid(3))

    async def look():
        async with queue_of(daemon) as pilot:
            await pilot.press("enter")
            await until(pilot, lambda: "No worker has had this job yet" in screen(pilot))
            ask(daemon, "resume")
            await until(pilot, lambda: "✓ finished" in screen(pilot) and ".log" in screen(pilot))

    asyncio.run(look())


def test_a_log_is_followed_and_searched(failed):
    [job, _] = ask(failed, "jobs")["jobs"]
    log = failed.logs / f"{job['worker']}.log"
    with log.open("a") as file:
        file.writelines(f"line {number}{' NEEDLE' * (number in (10, 200))}\n" for number in range(300))

    async def use():
        async with queue_of(failed, size=(80, 24)) as pilot:
            await pilot.press("enter")
            await until(pilot, lambda: "line 299" in screen(pilot))
            with log.open("a") as file:
                file.write("half a line")
            await until(pilot, lambda: "half a line" in screen(pilot))
            with log.open("a") as file:
                file.write(" is whole\nand one more\n")
            await until(
                pilot, lambda: "half a line is whole" in screen(pilot) and "one more" in screen(pilot)
            )
            await pilot.press("slash")
            await until(pilot, lambda: "Search" in screen(pilot))
            await typed(pilot, "needle")
            await pilot.press("enter")
            await until(
                pilot, lambda: "line 200 NEEDLE" in screen(pilot) and "2 of 2 with 'needle'" in screen(pilot)
            )
            await pilot.press("n")
            await until(pilot, lambda: "line 10 NEEDLE" in screen(pilot) and "1 of 2" in screen(pilot))
            await pilot.press("N")
            await until(pilot, lambda: "line 200 NEEDLE" in screen(pilot))
            with log.open("a") as file:
                file.write("needle three\n")
            await until(pilot, lambda: "of 3 with" in screen(pilot))
            assert "needle three" not in screen(pilot)  # it stands still where it was found
            await pilot.press("g")
            assert "line 0" in screen(pilot)
            await pilot.press("f")
            await until(pilot, lambda: "needle three" in screen(pilot) and "follows" in screen(pilot))

    asyncio.run(use())


def test_only_the_end_of_a_huge_log_is_read(failed, monkeypatch):
    monkeypatch.setattr("pft_tui.tui.queue.job.MOST_BYTES", 1000)
    [job, _] = ask(failed, "jobs")["jobs"]
    (failed.logs / f"{job['worker']}.log").write_text("x" * 2_000_000 + "\nthe end\n")

    async def look():
        async with queue_of(failed, size=(120, 40)) as pilot:
            await pilot.press("enter")
            await until(pilot, lambda: "the end" in screen(pilot))
            assert "2.0 MB before them left out" in screen(pilot)

    asyncio.run(look())


def test_the_daemons_log(failed):
    async def look():
        async with queue_of(failed) as pilot:
            await pilot.press("D")
            await until(pilot, lambda: "daemon.log" in screen(pilot) and "serves" in screen(pilot))
            assert not isinstance(pilot.app.screen, JobScreen)
            assert pilot.app.screen.query_one(LogView).count > 0

    asyncio.run(look())


def test_without_a_daemon_one_looks_and_is_told_how_to_change(finished):
    async def use():
        async with queue_of(finished) as pilot:
            assert "128 jobs   ✓ 128 finished" in screen(pilot) or "✓" in screen(pilot)
            await pilot.press("slash")
            await typed(pilot, "speaker:0011 k:2")
            await pilot.press("enter")
            await until(pilot, lambda: 0 < table(pilot).count < 100)
            for key in ("p", "x", "P", "a", "A", "S"):
                before = said(pilot)
                await pilot.press(key)
                await until(pilot, lambda before=before: said(pilot) != before)
                assert "no daemon: u starts it" in said(pilot).splitlines()[0]

    asyncio.run(use())
