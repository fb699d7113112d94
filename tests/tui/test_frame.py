"""The frame of the dashboard: screens, trouble, memory, a daemon that comes and goes."""

import asyncio
import json
import os
import signal

import duckdb
import pytest
from dashboards import opened
from noop_grids import enqueue, noop_grid, wait_done, wait_until

from pft_tui.daemon.client import ask, ensure_running, is_running
from pft_tui.tui.app import Dashboard
from pft_tui.tui.feed import Feed
from pft_tui.tui.header import Header, TroubleView
from pft_tui.tui.screens import SCREENS


def header(app):
    return str(app.screen_stack[0].query_one(Header).content)


def trouble(app):
    view = app.screen_stack[0].query_one(TroubleView)
    return str(view.content) if view.display else ""


async def until(pilot, condition, seconds=20):
    for _ in range(round(seconds / 0.1)):
        await pilot.pause(0.1)
        if condition():
            return
    raise AssertionError("waited in vain")


def test_digits_show_the_screens_and_the_header_says_which(finished):
    async def go():
        async with opened(finished, "Live") as pilot:
            for entry in SCREENS[::-1]:
                await pilot.press("escape", entry.key)
                await pilot.pause(0.2)
                assert pilot.app.current_mode == entry.name
                assert f"{entry.key} {entry.name}" in header(pilot.app)

    asyncio.run(go())


def test_the_other_screens_are_there_before_a_key_asks_for_them(finished):
    async def go():
        async with opened(finished, "Live") as pilot:
            app = pilot.app
            names = {entry.name for entry in SCREENS}
            await until(pilot, lambda: names <= set(app._screen_stacks))
            made = {name: app._screen_stacks[name][0] for name in names}
            await until(pilot, lambda: all(pane.query("Header") for pane in made.values()))
            assert app.current_mode == "Live"
            await until(pilot, lambda: made["Trials"].copied() and made["Queue"].copied())
            for entry in SCREENS[1:]:
                await pilot.press(entry.key)
                assert app.screen is made[entry.name]

    asyncio.run(go())


def test_a_click_on_the_header_shows_a_screen(finished):
    async def go():
        async with opened(finished, "Live") as pilot:
            await pilot.click(Header, offset=(header(pilot.app).index("3 Trials") + 1, 0))
            await pilot.pause(0.2)
            assert pilot.app.current_mode == "Trials"

    asyncio.run(go())


def test_a_workspace_in_which_nothing_was_run_says_what_to_do(workspace):
    async def go():
        async with opened(workspace, None) as pilot:
            for entry in SCREENS:
                await pilot.press(entry.key)
                await pilot.pause(0.2)
                assert "Nothing has been run here yet" in trouble(pilot.app)
                assert "pft queue" in trouble(pilot.app)
            await pilot.press("u")
            await until(pilot, lambda: "The queue is empty" in trouble(pilot.app))
        assert is_running(workspace)

    asyncio.run(go())


def test_a_snapshot_that_cannot_be_read_says_so(finished):
    finished.snapshot.write_bytes(b"not a database at all" * 1000)

    async def go():
        async with opened(finished, None) as pilot:
            assert "The snapshot cannot be read" in trouble(pilot.app)
            assert "move it away" in trouble(pilot.app)

    asyncio.run(go())


def test_a_snapshot_of_another_version_says_how_to_publish_it_anew(finished):
    with duckdb.connect(str(finished.snapshot)) as older:
        older.execute("update private.meta set views = 'of old'")
        older.execute("drop view jobs")

    async def go():
        async with opened(finished, None) as pilot:
            assert "another version" in trouble(pilot.app)
            assert "pft up" in trouble(pilot.app)

    asyncio.run(go())


def test_a_daemon_of_another_version_is_named(daemon, monkeypatch):
    monkeypatch.setattr("pft_tui.tui.feed.__version__", "9.9.9")

    async def go():
        async with opened(daemon, None) as pilot:
            assert "The daemon is of another version" in trouble(pilot.app)
            assert "9.9.9" in trouble(pilot.app)
            assert "pft down" in trouble(pilot.app)

    asyncio.run(go())


def test_it_says_that_the_daemon_is_gone_and_comes_back_with_the_next(daemon):
    enqueue(daemon, noop_grid(20))
    wait_done(daemon)
    ask(daemon, "publish")

    async def go():
        async with opened(daemon, "Live") as pilot:
            await until(pilot, lambda: "20/20" in header(pilot.app))
            os.kill(ask(daemon, "status")["pid"], signal.SIGKILL)
            await until(pilot, lambda: "no daemon" in header(pilot.app))
            assert "20/20" in header(pilot.app)
            ensure_running(daemon)
            await until(pilot, lambda: "no daemon" not in header(pilot.app))
            assert pilot.app.pulse.source == "daemon"

    asyncio.run(go())


def test_a_workspace_that_another_process_owns_is_shown_from_the_snapshot(finished):
    from pft_tui.store.owner import Store

    store = Store.open(finished)
    try:
        pulse = Feed(finished).pulse()
    finally:
        store.close()
    assert pulse.source == "snapshot"
    assert f"process {os.getpid()}" in pulse.notice
    assert pulse.trouble is None


def test_the_overview_counts_as_one_does_by_hand(daemon):
    enqueue(daemon, noop_grid(12, epochs=2))
    wait_done(daemon)
    found = ask(daemon, "overview")
    assert sum(model["total"] for model in found["models"]) == found["progress"]["trials"]["total"]
    assert sum(model["finished"] for model in found["models"]) == found["progress"]["trials"]["finished"]
    assert found["rate"] > 0
    assert found["left"] == 0
    ask(daemon, "publish")
    assert Feed(daemon).ask("overview")["models"] == found["models"]
    trial = ask(daemon, "jobs", limit=1)["jobs"][0]
    points = ask(daemon, "curves", runs={trial["id"]: -1})
    assert {point["epoch"] for point in points} == {1, 2}
    later = ask(daemon, "curves", runs={trial["id"]: 1})
    assert later == [point for point in points if point["epoch"] > 1]


def test_screen_theme_and_mouse_come_back(finished):
    async def first():
        async with opened(finished, "Live") as pilot:
            await pilot.press("3", "ctrl+t", "ctrl+o")
            await pilot.pause(1.4)  # a beat: no quitting, as if the connection had dropped

    async def second():
        async with opened(finished, None) as pilot:
            await pilot.pause(0.2)
            assert pilot.app.current_mode == "Trials"
            assert not pilot.app.current_theme.dark
            assert not pilot.app.has_mouse

    asyncio.run(first())
    kept = finished.private / "dashboard.json"
    assert kept.stat().st_mode & 0o077 == 0
    asyncio.run(second())


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"screen": 7, "panes": [], "theme": {}}', '{"panes": {"SQL": 3}}']
)
def test_a_memory_of_any_kind_does_no_harm(finished, content):
    (finished.private / "dashboard.json").write_text(content)

    async def go():
        async with opened(finished, None) as pilot:
            await pilot.press("5", "escape", "3")
            await pilot.pause(1.3)
            assert pilot.app.current_mode == "Trials"

    asyncio.run(go())
    assert json.loads((finished.private / "dashboard.json").read_text())["screen"] == "Trials"


def test_help_lists_the_keys_and_the_palette_the_actions(finished):
    async def go():
        async with opened(finished, "Trials") as pilot:
            await pilot.press("question_mark")
            await pilot.pause(0.3)
            assert pilot.app.screen.query("HelpPanel")
            await pilot.press("question_mark")
            await pilot.pause(0.3)
            assert not pilot.app.screen.query("HelpPanel")
            offered = list(pilot.app.get_system_commands(pilot.app.screen))
            titles = [command.title for command in offered]
            assert {"Show Live", "Show SQL", "Facets", "Overlay", "Export", "Light or dark"} <= set(titles)
            assert [command.help for command in offered if command.title == "Down"] == ["keys ↓, j"]

    asyncio.run(go())


def test_what_is_on_screen_is_exported_and_copied(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def go():
        async with opened(finished, "Trials") as pilot:
            copied = []
            monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
            await pilot.press("c", "e")
            await pilot.pause(0.2)
            await pilot.press("enter")
            await pilot.pause(0.5)
            assert copied == [pilot.app.screen.copied()]

    asyncio.run(go())
    (picture,) = tmp_path.glob("pft-trials-*.svg")
    assert "Pre-finetuned" in picture.read_text()


def test_watch_prints_the_same_once(daemon, pft):
    enqueue(daemon, noop_grid(8))
    wait_done(daemon)
    printed = pft("watch", "--once").stdout
    assert "8/8" in printed
    assert "slot 0 on cpu" in printed


def test_the_dashboard_takes_a_terminal_and_a_known_screen(workspace, pft):
    refused = pft("dash")
    assert refused.returncode == 2
    assert "takes a terminal" in refused.stderr
    unknown = pft("dash", "--screen", "nonsense")
    assert unknown.returncode == 2
    assert "live, queue, trials, results, sql" in unknown.stderr
    assert wait_until(lambda: "Usage" in pft().stdout)


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.1, 0.3])
def test_it_ends_well_while_it_makes_screens(finished, monkeypatch, pause):
    monkeypatch.setattr("pft_tui.tui.ahead.PREPARE_SECONDS", 0.0)

    async def go():
        app = Dashboard(finished, screen="Live")
        async with app.run_test() as pilot:
            await until(pilot, lambda: app._ahead._making is not None)
            await pilot.pause(pause)
            await pilot.press("q")
        return app.return_code, app.failures

    assert asyncio.run(go()) == (0, [])
