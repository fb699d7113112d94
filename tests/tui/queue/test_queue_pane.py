"""Screen 2 on a real daemon: what is shown, filtered, ordered, marked and changed, key by key."""

import asyncio
import csv

import pytest
from noop_grids import enqueue, noop_grid
from queues import lines, queue_of, said, screen, small_grid, table, typed, until

from pft_tui.daemon.client import ask
from pft_tui.tui.queue.line import FilterLine


@pytest.fixture
def queued(daemon):
    """A daemon that is paused: 2 corpora to prepare, 1 model, 16 trials."""
    ask(daemon, "pause")
    enqueue(daemon, small_grid())
    return daemon


def states(workspace, **jobs):
    return ask(workspace, "jobs", jobs=jobs, limit=0)["states"]


def test_every_job_is_there_with_why_it_waits(queued):
    async def look():
        async with queue_of(queued) as pilot:
            shown = lines(pilot)
            assert len(shown) == 19
            assert shown[0].split()[:5] == ["1", "○", "queued", "prepare", "esd"]
            assert "waits for the audio of iemocap" in shown[2]
            assert "waits for the model iemocap" in shown[-1]
            assert "19 jobs   ○ 19 queued" in screen(pilot)
            await pilot.press("end")
            await until(pilot, lambda: "20 iemocap 0011 Sad k=8 #0" in screen(pilot))

    asyncio.run(look())


def test_the_filter_takes_effect_as_it_is_typed_and_says_what_is_wrong(queued):
    async def use():
        async with queue_of(queued) as pilot:
            await pilot.press("slash")
            await until(pilot, lambda: "speaker" in pilot.app.screen.query_one(FilterLine).known)
            await typed(pilot, "model:ie")
            await pilot.press("tab")
            await typed(pilot, " k:2")
            await until(pilot, lambda: table(pilot).count == 4)
            assert "/  model:iemocap k:2" in screen(pilot)
            await typed(pilot, " state:brokn")
            await until(pilot, lambda: "no job has state:brokn" in screen(pilot))
            assert table(pilot).count == 4
            await pilot.press("enter")
            assert pilot.app.screen.query_one(FilterLine).display
            await pilot.press(*["backspace"] * 12)
            await typed(pilot, " happy")
            await pilot.press("enter")
            await until(pilot, lambda: table(pilot).count == 2)
            assert pilot.app.focused is table(pilot)
            await pilot.press("slash")
            await typed(pilot, " nonsense")
            await until(pilot, lambda: table(pilot).count == 0)
            await pilot.press("escape")
            await until(pilot, lambda: table(pilot).count == 2)
            assert "/ model:iemocap k:2 happy" in screen(pilot)

    asyncio.run(use())


def test_tab_offers_one_after_the_other(queued):
    async def use():
        async with queue_of(queued) as pilot:
            await pilot.press("slash")
            line = pilot.app.screen.query_one(FilterLine)
            await until(pilot, lambda: line.known)
            await typed(pilot, "speaker:")
            seen = []
            for key in ("tab", "tab", "tab", "shift+tab"):
                await pilot.press(key)
                seen.append(line.query_one("Input").value)
            assert seen == ["speaker:0001", "speaker:0011", "speaker:0001", "speaker:0011"]

    asyncio.run(use())


def test_another_order_and_the_same_turned_round(queued):
    ask(queued, "priority", jobs={"numbers": [[12, 12]]}, priority=50)

    async def use():
        async with queue_of(queued) as pilot:
            await pilot.press("s", *["down"] * 2, "enter")
            await until(pilot, lambda: "by priority" in screen(pilot))
            await until(pilot, lambda: lines(pilot)[-1].split()[0] == "12")
            await pilot.press("s", *["down"] * 2, "enter")
            await until(pilot, lambda: "by priority ↓" in screen(pilot))
            # The audio that it waits for was lifted with it.
            await until(pilot, lambda: [line.split()[0] for line in lines(pilot)[:3]] == ["1", "12", "2"])

    asyncio.run(use())


def test_marks(queued):
    async def use():
        async with queue_of(queued) as pilot:
            marks = lambda: sorted(job for job in range(1, 21) if job in table(pilot).marks)  # noqa: E731
            await pilot.press("space", "down", "shift+down")
            assert marks() == [1, 4, 5]  # 3 is the base, which is no job
            await pilot.press("escape", "home", "v", "down", "down", "v")
            assert marks() == [1, 2, 4]
            assert "3 marked" in screen(pilot)
            await pilot.press("asterisk", "space")
            assert "18 marked" in screen(pilot)
            assert marks() == [1, 2, 3, *range(5, 21)]
            await pilot.press("escape")
            assert marks() == []

    asyncio.run(use())


def test_pause_and_resume_of_what_is_marked_or_at_the_cursor_and_undo(queued):
    async def use():
        async with queue_of(queued) as pilot:
            await pilot.press("end", "p")
            await until(pilot, lambda: states(queued, states=["paused"]) == {"queued": 1})
            await until(pilot, lambda: "‖ paused" in lines(pilot)[-1])
            await pilot.press("asterisk", "p")
            await until(pilot, lambda: states(queued, states=["paused"]) == {"queued": 19})
            await pilot.press("z")  # only those that this changed
            await until(pilot, lambda: states(queued, states=["paused"]) == {"queued": 1})
            await pilot.press("r")
            await until(pilot, lambda: states(queued, states=["paused"]) == {})
            await until(pilot, lambda: "1 job resumed" in said(pilot))

    asyncio.run(use())


def test_cancel_asks_and_can_be_undone(queued):
    async def use():
        async with queue_of(queued) as pilot:
            await pilot.press("slash")
            await typed(pilot, "speaker:0011")
            await pilot.press("enter")
            await until(pilot, lambda: table(pilot).count == 8)
            await pilot.press("asterisk", "home", "space", "x")
            await until(pilot, lambda: "Cancel 7 jobs?" in screen(pilot))
            await pilot.press("n")
            await pilot.pause(0.2)
            assert states(queued) == {"queued": 19}
            await pilot.press("x")
            await until(pilot, lambda: "Cancel 7 jobs?" in screen(pilot))
            await pilot.press("y")
            await until(pilot, lambda: states(queued) == {"queued": 12, "cancelled": 7})
            await until(pilot, lambda: "– cancelled" in lines(pilot)[1])
            await pilot.press("z")
            await until(pilot, lambda: states(queued) == {"queued": 19})
            await pilot.press("z")
            await until(pilot, lambda: "nothing to undo" in said(pilot))

    asyncio.run(use())


def test_cancelling_one_names_it_and_retry_queues_it_again(queued):
    async def use():
        async with queue_of(queued) as pilot:
            await pilot.press("end", "x")
            await until(pilot, lambda: "Cancel job 20, iemocap 0011 Sad k=8 #0?" in screen(pilot))
            await pilot.press("y")
            await until(pilot, lambda: states(queued, states=["cancelled"]) == {"cancelled": 1})
            await until(pilot, lambda: "cancelled by the user" in lines(pilot)[-1])
            await pilot.press("x")
            await until(pilot, lambda: "Nothing there to cancel" in said(pilot))
            await pilot.press("t")
            await until(pilot, lambda: states(queued) == {"queued": 19})

    asyncio.run(use())


def test_priority_and_back_to_what_it_was(queued):
    ask(queued, "priority", jobs={"numbers": [[18, 18]]}, priority=3)
    before = {job["number"]: job["priority"] for job in ask(queued, "jobs")["jobs"]}
    assert set(before.values()) == {0, 3, 10, 20}

    async def use():
        async with queue_of(queued) as pilot:
            await pilot.press("end", "shift+up", "shift+up", "P")
            await until(pilot, lambda: "Priority" in screen(pilot))
            await pilot.press("ctrl+u", *"soon", "enter")
            await until(pilot, lambda: "no whole number" in said(pilot))
            await pilot.press("P")
            await until(pilot, lambda: "Priority:" in screen(pilot))
            await pilot.press("ctrl+u", *"30", "enter")
            await until(pilot, lambda: "given another priority" in said(pilot))
            after = {job["number"]: job["priority"] for job in ask(queued, "jobs")["jobs"]}
            # The three, the model they start from, and the audio of both corpora.
            assert sorted(number for number, value in after.items() if value == 30) == [1, 2, 4, 18, 19, 20]
            await pilot.press("z")
            await until(
                pilot,
                lambda: {job["number"]: job["priority"] for job in ask(queued, "jobs")["jobs"]} == before,
            )

    asyncio.run(use())


def test_everything_can_be_paused_and_resumed(daemon):
    async def use():
        ask(daemon, "pause")
        enqueue(daemon, noop_grid(10))
        async with queue_of(daemon) as pilot:
            await pilot.press("S")
            await until(pilot, lambda: states(daemon) == {"finished": 10})
            await until(pilot, lambda: "✓ 10 finished" in screen(pilot))
            await until(
                pilot, lambda: not ask(daemon, "status")["stops"] and not pilot.app.pulse.status["stops"]
            )
            await pilot.press("S")
            await until(pilot, lambda: ask(daemon, "status")["stops"] == {"all": "paused"})

    asyncio.run(use())


def test_filter_order_cursor_and_marks_come_back(queued):
    async def use():
        async with queue_of(queued) as pilot:
            await pilot.press("slash")
            await typed(pilot, "kind:trial")
            await pilot.press("enter", "s", "down", "down", "enter")
            await until(pilot, lambda: table(pilot).count == 16 and "by priority" in screen(pilot))
            await pilot.press("down", "down", "space", "space")
            await pilot.press("q")
        async with queue_of(queued) as pilot:
            assert "/ kind:trial   by priority   ▌ 2 marked" in screen(pilot)
            assert table(pilot).count == 16
            assert table(pilot).row == 4
            assert sorted(table(pilot).marks.numbers) == [7, 8]

    asyncio.run(use())


def test_a_memory_that_is_odd_is_forgotten(queued):
    queued.private.joinpath("dashboard.json").write_text(
        '{"panes": {"Queue": {"filter": "k:x", "order": ["colour", 1], "row": "a", "marks": []}}}'
    )

    async def use():
        async with queue_of(queued) as pilot:
            assert table(pilot).count == 19

    asyncio.run(use())


def test_copy_and_csv_of_the_filter(queued, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def use():
        async with queue_of(queued) as pilot:
            await pilot.press("end", "c")
            assert pilot.app.clipboard.startswith(
                "20 iemocap 0011 Sad k=8 #0\n○ queued: waits for the model iemocap"
            )
            await pilot.press("slash")
            await typed(pilot, "speaker:0001")
            await pilot.press("enter")
            await until(pilot, lambda: table(pilot).count == 8)
            await pilot.press("e")
            await until(pilot, lambda: "Export as" in screen(pilot))
            await pilot.press("down", "down", "enter")
            await until(pilot, lambda: list(tmp_path.glob("pft-queue-*.csv")))
            await until(pilot, lambda: "Wrote" in said(pilot))

    asyncio.run(use())
    with next(tmp_path.glob("pft-queue-*.csv")).open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert {row["speaker"] for row in rows} == {"0001"}
    assert {row["model"] for row in rows} == {"base", "iemocap"}


def test_jobs_that_change_are_followed(daemon):
    async def look():
        ask(daemon, "pause")
        enqueue(daemon, noop_grid(30))
        async with queue_of(daemon) as pilot:
            ask(daemon, "resume")
            await until(pilot, lambda: all("✓ finished" in line for line in lines(pilot)))
            assert "30 jobs   ✓ 30 finished" in screen(pilot)

    asyncio.run(look())
