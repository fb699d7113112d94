"""A text that changes in place: what it shows, and how little of it is drawn again."""

import asyncio

from rich.text import Text
from textual.app import App

from pft_tui.tui.still import Still


class Host(App[None]):
    CSS = "Still { border: round white; padding: 0 1; }"

    def compose(self):
        yield Still()


def shown(still):
    return [still.render_line(line).text.rstrip() for line in range(still.size.height)]


def test_only_the_cells_that_differ_are_drawn_again(monkeypatch):
    async def go():
        app = Host()
        async with app.run_test(size=(40, 10)) as pilot:
            still = app.query_one(Still)
            still.say(Text.assemble("load ", ("41 %", "bold"), "  16 cores\nsecond"))
            await pilot.pause()
            assert shown(still) == ["load 41 %  16 cores", "second"]
            assert still.outer_size.height == 4
            drawn = []
            monkeypatch.setattr(still, "refresh", lambda *regions, **_: drawn.append(regions))
            still.say(Text.assemble("load ", ("41 %", "bold"), "  16 cores\nsecond"))
            assert drawn == []
            still.say(Text.assemble("load ", ("47 %", "bold"), "  16 cores\nsecond"))
            (((region),),) = drawn
            assert (region.x, region.y, region.width, region.height) == (6, 0, 1, 1)
            assert shown(still)[0] == "load 47 %  16 cores"
            still.say(Text.assemble("load ", ("47 %", "italic"), "  16 cores\nsecond"))
            ((region),) = drawn[1]
            assert (region.x, region.width) == (5, 4)
            styles = {segment.text: segment.style for segment in still.render_line(0)}
            assert styles["47 %"].italic
            assert not styles["47 %"].bold

    asyncio.run(go())


def test_it_grows_and_shrinks_with_its_lines_and_is_cut_at_its_edge():
    async def go():
        app = Host()
        async with app.run_test(size=(20, 10)) as pilot:
            still = app.query_one(Still)
            still.say(Text("a\nb\nc is longer than its room"))
            await pilot.pause()
            assert still.size.height == 3
            assert shown(still)[2] == "c is longer than"
            await pilot.resize_terminal(30, 10)
            await pilot.pause()
            assert shown(still)[2] == "c is longer than its room"
            still.say(Text("a"))
            await pilot.pause()
            assert still.size.height == 1

    asyncio.run(go())
