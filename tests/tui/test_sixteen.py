"""Colours on terminals that have sixteen."""

import asyncio

import pytest
from dashboards import opened
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from pft_tui.reports import palette
from pft_tui.tui.sixteen import Sixteen

HUES = (palette.ORANGE, palette.SKY_BLUE, palette.GREEN, palette.PURPLE, palette.VERMILION, palette.BLUE)


@pytest.mark.parametrize("background", ["#0E1217", "#FBFBF8"])
def test_each_of_the_palette_s_colours_is_another_one_of_the_sixteen_and_no_grey(background):
    lines = [Segment("x", Style.parse(palette.style(hue)) + Style(bold=True)) for hue in HUES]
    seen = [segment.style for segment in Sixteen().apply(lines, Color.parse(background))]
    numbers = [style.color.downgrade(ColorSystem.STANDARD).number for style in seen]
    assert len(set(numbers)) == len(HUES)
    assert not {0, 7, 8, 15} & set(numbers)
    assert all(style.bold for style in seen)


def test_what_is_not_of_the_palette_stays_as_it_is():
    lines = [Segment("x", Style.parse("#123456")), Segment("y"), Segment("z", Style(bold=True))]
    assert Sixteen().apply(lines, Color.parse("black")) == lines


@pytest.mark.parametrize(("system", "number"), [("standard", 10), ("truecolor", None)])
def test_only_a_terminal_without_more_gets_them(finished, monkeypatch, system, number):
    async def go():
        async with opened(finished, "Queue") as pilot:
            monkeypatch.setattr(pilot.app.console, "_color_system", ColorSystem[system.upper()])
            pilot.app.screen.table.notify_style_update()
            pilot.app.screen.table.refresh()
            await pilot.pause(0.2)
            strips = pilot.app.screen._compositor.render_strips()
            return [segment.style.color for strip in strips for segment in strip if "✓" in segment.text]

    found = asyncio.run(go())
    assert found
    assert {colour.number for colour in found[1:]} == {number}
