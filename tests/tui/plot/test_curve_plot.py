"""The plot in a real app without a terminal: every key, the mouse, and what is drawn again."""

import asyncio
from contextlib import asynccontextmanager
from math import nan

import numpy as np
import pytest
from textual.app import App
from textual.geometry import Region

from pft_tui.tui.plot.series import curve
from pft_tui.tui.plot.view import View
from pft_tui.tui.plot.widget import CurvePlot
from pft_tui.tui.themes import DARK, LIGHT

LOSS = curve("loss", range(101), np.geomspace(10.0, 0.1, 101), best=80)


class Host(App[None]):
    CSS = "CurvePlot { padding: 1 2; }"

    def __init__(self, *series):
        super().__init__()
        self.plot = CurvePlot("a run", empty="No epoch finished yet")
        self.given = series
        self.escapes = 0
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name

    def compose(self):
        yield self.plot

    def on_mount(self):
        self.plot.show(self.given)
        self.plot.focus()

    def key_escape(self):
        self.escapes += 1


@asynccontextmanager
async def opened(*series, size=(80, 24)):
    app = Host(*(series or (LOSS,)))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot, app.plot


def text(plot):
    return [plot.render_line(line).text for line in range(plot.size.height)]


def run(test):
    asyncio.run(test())


def test_every_key_does_what_it_says():
    async def go():
        async with opened() as (pilot, plot):
            await pilot.press("plus", "plus")
            assert plot.view.weight == 0.5
            assert "smoothing 0.5" in text(plot)[0]
            await pilot.press("minus", "minus", "minus")
            assert plot.view.weight == 0.0
            await pilot.press("y")
            assert plot.view.log_y
            assert any(line.lstrip().startswith("0.1┤") for line in text(plot))
            await pilot.press("y")
            assert not plot.view.log_y
            await pilot.press("i", "shift+up")
            low, high = plot.view.window
            assert high - low == pytest.approx(49)
            await pilot.press("greater_than_sign", "shift+right")
            assert plot.view.window == pytest.approx((low + 0.4 * 49, high + 0.4 * 49))
            await pilot.press("less_than_sign", "shift+left")
            assert plot.view.window == pytest.approx((low, high))
            await pilot.press("o")
            assert plot.view.window[1] - plot.view.window[0] == pytest.approx(70)
            await pilot.press("0")
            assert plot.view.window is None

    run(go)


def test_the_cursor_walks_from_point_to_point_and_reads_them():
    async def go():
        three = curve("loss", [1, 2, 5], [0.5, nan, 0.25])
        async with opened(three) as (pilot, plot):
            seen = []
            for key in ("right", "right", "right", "right", "left", "home", "end"):
                await pilot.press(key)
                seen.append(plot.view.cursor)
            assert seen == [1, 2, 5, 5, 2, 1, 5]
            assert "loss 0.25" in text(plot)[1]
            assert text(plot)[0].rstrip().endswith("epoch 5")
            await pilot.press("left")
            assert "loss –" in text(plot)[1]

    run(go)


def test_a_cursor_among_a_million_points_moves_by_a_column():
    async def go():
        many = curve("loss", np.arange(1_000_000), np.zeros(1_000_000))
        async with opened(many) as (pilot, plot):
            await pilot.press("home", "right", "right")
            step = 999_999 / (plot._painted.plane.size.columns - 1)
            assert plot.view.cursor == pytest.approx(step, abs=2)

    run(go)


def test_escape_takes_the_cursor_away_and_then_is_the_apps():
    async def go():
        async with opened() as (pilot, plot):
            await pilot.press("right", "escape")
            assert plot.view.cursor is None
            assert pilot.app.escapes == 0
            await pilot.press("escape")
            assert pilot.app.escapes == 1

    run(go)


def test_keys_without_anything_to_plot_do_no_harm():
    async def go():
        async with opened(curve("loss", [], [])) as (pilot, plot):
            await pilot.press("right", "left", "home", "end", "i", "o", "less_than_sign", "y", "plus", "0")
            assert "No epoch finished yet" in text(plot)[1]
            await pilot.click(CurvePlot, offset=(20, 10))
            assert plot.view.cursor is None

    run(go)


def test_the_wheel_zooms_where_the_pointer_is():
    async def go():
        async with opened() as (pilot, plot):
            column = plot._painted.plane.column + 20
            before = plot._painted.plane.x_at(column)
            await pilot._post_mouse_events([scroll(up=True)], CurvePlot, offset=(2 + column, 10))
            await pilot.pause()
            assert plot.view.window[1] - plot.view.window[0] == pytest.approx(80)
            assert plot._painted.plane.x_at(column) == pytest.approx(before, abs=plot._painted.plane.step)
            await pilot._post_mouse_events([scroll(up=False)], CurvePlot, offset=(2 + column, 10))
            await pilot.pause()
            assert plot.view.window is None

    def scroll(*, up):
        from textual import events

        return events.MouseScrollUp if up else events.MouseScrollDown

    run(go)


def test_dragging_moves_what_is_seen_with_the_pointer():
    async def go():
        async with opened() as (pilot, plot):
            plot.view = View(window=(20.0, 60.0))
            await pilot.pause()
            step = plot._painted.plane.step
            await pilot.mouse_down(CurvePlot, offset=(40, 10))
            await pilot.hover(CurvePlot, offset=(35, 10))
            await pilot.hover(CurvePlot, offset=(30, 11))
            await pilot.mouse_up(CurvePlot, offset=(30, 11))
            assert plot.view.window == pytest.approx((20 + 10 * step, 60 + 10 * step))
            assert plot.view.cursor is None
            await pilot.hover(CurvePlot, offset=(50, 11))
            assert plot.view.window == pytest.approx((20 + 10 * step, 60 + 10 * step))

    run(go)


def test_a_click_sets_the_cursor_to_the_nearest_point():
    async def go():
        async with opened(curve("loss", [0, 50, 100], [1.0, 2.0, 3.0])) as (pilot, plot):
            at = plot._painted.plane.column + round(0.45 * plot._painted.plane.size.columns)
            await pilot.click(CurvePlot, offset=(2 + at, 10))
            assert plot.view.cursor == 50.0

    run(go)


def test_what_did_not_change_is_not_drawn_again(monkeypatch):
    async def go():
        async with opened() as (pilot, plot):
            drawn = []
            monkeypatch.setattr(plot, "refresh", lambda *regions, **_: drawn.append(regions))
            before = [plot.render_line(line) for line in range(plot.size.height)]
            plot.show([curve("loss", range(101), np.geomspace(10.0, 0.1, 101), best=80)], title="a run")
            plot.view = View()
            await pilot.pause()
            assert drawn == []
            await pilot.press("right")
            after = [plot.render_line(line) for line in range(plot.size.height)]
            ((regions),) = drawn
            assert all(isinstance(region, Region) for region in regions)
            changed = [line for line, strip in enumerate(after) if strip is not before[line]]
            assert changed == [region.y for region in regions]
            assert sum(region.width for region in regions[2:]) <= 2 * len(regions)

    run(go)


def test_many_changes_at_once_are_one_drawing(monkeypatch):
    async def go():
        async with opened() as (pilot, plot):
            painted = []
            paint = plot._painter.paint
            monkeypatch.setattr(plot._painter, "paint", lambda sheet: painted.append(sheet) or paint(sheet))
            for last in range(50):
                plot.show([curve("loss", range(last + 2), range(last + 2))])
            await pilot.pause()
            assert len(painted) == 1
            assert "loss 50" in text(plot)[1]

    run(go)


def test_new_points_are_seen_while_all_of_it_is_seen_and_move_nothing_in_a_window():
    async def go():
        async with opened(curve("loss", range(10), range(10))) as (pilot, plot):
            await pilot.press("i")
            window = plot.view.window
            plot.show([curve("loss", range(20), range(20))])
            await pilot.press("0")
            assert plot._painted.plane.x.high == 19
            plot.view = View(window=window)
            await pilot.pause()
            assert (plot._painted.plane.x.low, plot._painted.plane.x.high) == window

    run(go)


def test_the_colours_follow_the_theme():
    async def go():
        async with opened() as (pilot, plot):
            dark = plot.render_line(8)
            pilot.app.theme = LIGHT.name
            await pilot.pause()
            light = plot.render_line(8)
            assert light.text == dark.text
            backgrounds = [
                {segment.style.bgcolor.get_truecolor().hex for segment in strip} for strip in (dark, light)
            ]
            assert backgrounds == [{"#0e1217"}, {"#fbfbf8"}]

    run(go)


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (24, 10), (12, 4)])
def test_it_keeps_to_its_room_and_follows_it(size):
    async def go():
        async with opened(size=size) as (pilot, plot):
            for columns, lines in (size, (100, 30), size):
                await pilot.resize_terminal(columns, lines)
                await pilot.pause()
                assert {len(line) for line in text(plot)} == {columns - 4}
                assert len(text(plot)) == lines - 2

    run(go)
