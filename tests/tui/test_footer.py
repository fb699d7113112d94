"""The line of keys: what it shows, what a click does, and that it follows the focus."""

import asyncio

import pytest
from dashboards import opened

from pft_tui.tui.footer import Footer, Key, fitting


def shown(app):
    return app.screen.query_one(Footer).render_line(0).text


KEYS = [Key("f", "f", "Follow", "follow"), Key("z", "z", "Large", "large"), Key("?", "?", "Keys", "help")]


@pytest.mark.parametrize(
    ("width", "labels"), [(80, "fz?"), (27, "fz?"), (26, "f?"), (18, "f?"), (17, "?"), (3, "?")]
)
def test_what_there_is_no_room_for_is_left_out_but_never_the_key_that_shows_all(width, labels):
    assert "".join(key.label for key in fitting(KEYS, width)) == labels


def test_one_that_is_too_long_lets_no_later_one_pass():
    keys = [Key("a", "a", "long " * 10, "a"), Key("b", "b", "short", "b")]
    assert fitting(keys, 20) == []


def test_it_shows_the_keys_of_the_screen_and_a_click_is_as_good(finished):
    async def go():
        async with opened(finished, "Live") as pilot:
            assert " z Large" in shown(pilot.app)
            await pilot.click(Footer, offset=(shown(pilot.app).index("z Large") + 2, 0))
            await pilot.pause(0.2)
            assert pilot.app.screen.maximized
            await pilot.press("2")
            await pilot.pause(0.3)
            assert " / Filter" in shown(pilot.app)
            assert " z Large" not in shown(pilot.app)

    asyncio.run(go())


def test_it_follows_the_focus(finished):
    async def go():
        async with opened(finished, "Queue") as pilot:
            assert "Complete" not in shown(pilot.app)
            await pilot.press("slash")
            await pilot.pause(0.2)
            assert "tab Complete" in shown(pilot.app)

    asyncio.run(go())
