"""Screen 1 on a real snapshot and a real daemon: rows, selection, curves, keys, how soon points come."""

import asyncio
import csv
import json
import time

import pytest
from dashboards import opened
from noop_grids import SETTINGS, enqueue, noop_grid

from pft_tui.daemon.client import ask, ensure_running
from pft_tui.errors import PftError
from pft_tui.events import JobFinished, JobStarted, Metrics, Spool, TrialResult
from pft_tui.paths import Workspace
from pft_tui.tui.feed import Feed
from pft_tui.tui.longtable import LongTable
from pft_tui.tui.plot.widget import CurvePlot
from pft_tui.tui.still import Still


def content(app, name):
    return app.screen_stack[0].query_one(f"#{name}", Still).text.plain


def table(app):
    return app.screen_stack[0].query_one("#jobs", LongTable)


def plot(app, name):
    return app.screen_stack[0].query_one(f"#{name}", CurvePlot)


def text(widget):
    return [widget.render_line(line).text for line in range(widget.size.height)]


async def until(pilot, condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        await pilot.pause(0.02)
    return found


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_a_finished_grid_shows_what_ended_last_with_its_curves(with_curves, size):
    workspace, _ = with_curves

    async def go():
        async with opened(workspace, "Live", size=size) as pilot:
            app = pilot.app
            await until(pilot, lambda: plot(app, "losses").series)
            assert "128 of 128 trials  100.0 %" in content(app, "summary")
            assert "● iemocap" in content(app, "models").replace("·", "")
            assert table(app).count == 12
            assert [line.name for line in plot(app, "losses").series] == ["train"]
            (score,) = plot(app, "scores").series
            assert score.best == score.x[-1]
            for widget in app.screen.query("LivePane *"):
                assert widget.region.right <= size[0]
                assert widget.region.bottom <= size[1]
            assert plot(app, "losses").size.height >= 8

    asyncio.run(go())


def test_the_row_that_is_chosen_is_looked_at_and_remembered(with_curves):
    workspace, curves = with_curves

    async def go():
        async with opened(workspace, "Live") as pilot:
            app = pilot.app
            await until(pilot, lambda: plot(app, "scores").series)
            pane = app.screen_stack[0]
            seen = []
            for _ in range(3):
                await pilot.press("down")
                seen.append(pane.copied())
                values = [value for _, value in curves[pane.copied()]]
                assert plot(app, "scores").series[0].y.tolist() == values
            assert len(set(seen)) == 3
            await pilot.press("f")
            assert table(app).row == 0
            await pilot.press("down", "down", "plus", "plus", "y", "t")
            await pilot.pause()
            assert plot(app, "losses").view.weight == plot(app, "scores").view.weight == 0.5
            assert plot(app, "losses").view.log_y
            memory = json.loads(json.dumps(pane.remember()))
            assert memory == {"job": seen[1], "weight": 0.5, "log": True, "training": True}
            app.memory.save({**app._remembered()})
        async with opened(workspace, "Live") as pilot:
            pane = pilot.app.screen_stack[0]
            await until(pilot, lambda: plot(pilot.app, "scores").series)
            assert pane.remember() == memory
            assert table(pilot.app).row == 2

    asyncio.run(go())


@pytest.mark.parametrize(
    "memory", [{}, {"job": 7, "weight": "much", "log": None, "training": 1}, {"job": "ff"}]
)
def test_odd_memories_are_overlooked(with_curves, memory):
    workspace, _ = with_curves

    async def go():
        async with opened(workspace, "Live") as pilot:
            pane = pilot.app.screen_stack[0]
            pane.recall(memory)
            await pane.show(pilot.app.pulse)
            assert pane.remember()["weight"] == 0.0

    asyncio.run(go())


def test_enter_goes_to_the_curves_and_z_makes_them_large_and_small_again(with_curves):
    workspace, _ = with_curves

    async def go():
        async with opened(workspace, "Live", size=(80, 24)) as pilot:
            app = pilot.app
            losses = plot(app, "losses")
            await until(pilot, lambda: losses.series)
            small = losses.size
            await pilot.press("enter")
            assert app.focused is losses
            await pilot.press("z")
            await pilot.pause()
            assert losses.size.width == 78
            assert losses.size.height > small.height
            await pilot.press("right")
            assert losses.view.cursor == 1.0
            await pilot.press("escape")
            await pilot.pause()
            assert losses.view.cursor is None
            assert losses.size.width == 78
            await pilot.press("escape")
            await pilot.pause()
            assert losses.size == small
            await pilot.press("z", "z")
            await pilot.pause()
            assert losses.size == small

    asyncio.run(go())


def test_what_is_on_show_can_be_written(with_curves, tmp_path):
    workspace, curves = with_curves

    async def go():
        async with opened(workspace, "Live") as pilot:
            pane = pilot.app.screen_stack[0]
            await until(pilot, lambda: plot(pilot.app, "scores").series)
            pane.exports()["csv"](tmp_path / "curves.csv")
            return pane.copied()

    job = asyncio.run(go())
    with (tmp_path / "curves.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["name"] == "val_macro_f1"]
    assert {row["run_id"] for row in rows} == {job}
    assert [(int(row["epoch"]), float(row["value"])) for row in rows] == curves[job]


def test_an_idle_screen_draws_nothing_again(with_curves, monkeypatch):
    workspace, _ = with_curves

    async def go():
        async with opened(workspace, "Live") as pilot:
            app = pilot.app
            await until(pilot, lambda: plot(app, "losses").series)
            await pilot.pause(2.2)
            drawn = []
            for widget in app.screen.query("#summary, #models, #jobs, #losses, #scores"):
                monkeypatch.setattr(widget, "refresh", lambda *_, _of=widget.id, **__: drawn.append(_of))
            await pilot.pause(2.2)
            assert drawn == []

    asyncio.run(go())


def test_what_goes_wrong_is_said_once(with_curves, monkeypatch):
    workspace, _ = with_curves

    async def go():
        async with opened(workspace, "Live") as pilot:
            app, pane = pilot.app, pilot.app.screen_stack[0]
            await until(pilot, lambda: plot(app, "losses").series)

            said = []
            monkeypatch.setattr(pane, "notify", lambda words, **_: said.append(words))

            def fail():
                raise PftError("nobody answers")

            for _ in range(3):
                await pane._look(fail)
            assert said == ["nobody answers"]
            await pane._look(pane._watch.ask_shown)
            await pane._look(fail)
            assert said == ["nobody answers"] * 2

    asyncio.run(go())


def test_curves_are_asked_for_by_run_and_epoch(with_curves):
    workspace, curves = with_curves
    one, other, third = list(curves)[:3]
    rows = Feed(workspace).ask("curves", runs={one: -1, other: 2, third: 99, "0123456789abcdef": -1})
    found = {}
    for row in rows:
        if row["name"] == "val_macro_f1":
            found.setdefault(row["run_id"], []).append((row["epoch"], row["value"]))
    assert found == {one: curves[one], other: curves[other][2:]}


@pytest.fixture
def paused(tmp_path):
    """A workspace with a daemon that begins nothing, and trials that wait."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "pft.toml").write_text(SETTINGS)
    workspace = Workspace(folder)
    ensure_running(workspace)
    ask(workspace, "pause")
    enqueue(workspace, noop_grid(6))
    yield workspace
    ask(workspace, "down", now=True)


def test_what_a_worker_reports_is_seen_within_a_second(paused):
    """Here the test is the worker: it writes to a spool what one would, and looks at the screen."""

    async def go():
        job = ask(paused, "jobs", limit=1)["jobs"][0]["id"]
        with Spool(paused.spool / "someone.jsonl") as spool:
            async with opened(paused, "Live") as pilot:
                app = pilot.app
                assert table(app).count == 0
                assert "6 waiting" in content(app, "summary")
                spool.append([JobStarted(job, "someone", 1, time.time())])
                await until(pilot, lambda: table(app).count == 1)
                await until(pilot, lambda: "1 running" in content(app, "summary"))
                late = []
                for epoch in range(1, 6):
                    values = {
                        "train_loss": [1 / epoch],
                        "val_loss": [2 / epoch],
                        "val_macro_f1": [epoch / 10],
                    }
                    spool.append([Metrics(job, [epoch], [epoch], values, [time.time()])])
                    started = time.monotonic()
                    await until(
                        pilot, lambda epoch=epoch: f"train {1 / epoch:.4g} " in text(plot(app, "losses"))[1]
                    )
                    late.append(time.monotonic() - started)
                assert sorted(late)[2] < 1.0
                assert plot(app, "scores").series[0].y.tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
                await until(pilot, lambda: "ep 5" in str(table(app)._cells(0)))
                now = time.time()
                result = TrialResult(job, 5, 5, 0.5, 0.5, 0.5, 0.5, 1.0, "cpu", [], "here", now, now)
                spool.append([result, JobFinished(job, now)])
                await until(pilot, lambda: table(app)._cells(0)[0][0] == "✓")
                assert "train 0.2 " in text(plot(app, "losses"))[1]

    asyncio.run(go())
