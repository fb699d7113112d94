"""Keys that come many at a time, as on a line that lags: each finds what the one before it did."""

import asyncio
import time

from dashboards import opened
from textual.app import App
from textual.events import Key
from textual.widget import Widget
from textual.widgets import Input

from pft_tui.tui.longtable import LongTable
from pft_tui.tui.queue.table import JobTable
from pft_tui.tui.turns import PATIENCE_SECONDS, Turns


async def until(pilot, condition, seconds=15):
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await pilot.pause(0.03)


def at_once(app, *keys):
    """All these keys before the app has looked at any of them."""
    for key in keys:
        app.post_message(Key(key, key if len(key) == 1 else None))


def test_what_is_typed_into_the_filter_and_after_it_comes_in_order(finished):
    async def use():
        async with opened(finished, "Queue") as pilot:
            table = pilot.app.screen.query_one(JobTable)
            await until(pilot, lambda: table.job is not None)
            before = table.count
            at_once(
                pilot.app, "slash", *"speakerr", "backspace", *":0011 angry", "enter", "end", "up", "space"
            )
            await until(pilot, lambda: table.marks)
            assert pilot.app.focused is table
            assert pilot.app.screen.remember()["filter"] == "speaker:0011 angry"
            assert 0 < table.count < before
            assert [table.row, table.job["speaker"], table.job["emotion"]] == [
                table.count - 1,
                "0011",
                "Angry",
            ]
            assert table.marks.numbers == {table.listing.job(table.count - 2)["number"]}

    asyncio.run(use())


def test_what_is_pressed_after_a_digit_belongs_to_the_screen_that_it_shows(finished):
    async def use():
        async with opened(finished, "Live") as pilot:
            at_once(pilot.app, "3", "end", "2", "end", "slash", *"k:2", "5", "1")
            await until(pilot, lambda: isinstance(pilot.app.focused, Input) and pilot.app.focused.value)
            assert pilot.app.current_mode == "Queue"
            await until(pilot, lambda: pilot.app.focused.value == "k:251")
            await pilot.press("escape", "3")
            trials = pilot.app.screen.query_one("#trials", LongTable)
            await until(pilot, lambda: trials.count > 1)

    asyncio.run(use())


class Slow(Widget, can_focus=True):
    """Takes long over its first key."""

    async def on_key(self, event):
        if event.key == "a":
            await asyncio.sleep(4 * PATIENCE_SECONDS)


class Patient(App):
    BINDINGS = [("b", "note", "Note")]  # noqa: RUF012 - as Textual has it

    def __init__(self):
        super().__init__()
        self.noted = []
        self.turns = Turns(self, super().on_event)

    def compose(self):
        yield Slow()

    async def on_event(self, event):
        if isinstance(event, Key) and not event.is_forwarded:
            await self.turns.take(event)
        else:
            await super().on_event(event)

    def action_note(self):
        self.noted.append(time.monotonic())


def test_a_key_does_not_wait_for_ever():
    async def use():
        async with Patient().run_test() as pilot:
            began = time.monotonic()
            at_once(pilot.app, "a")
            await asyncio.sleep(0)
            pilot.app.set_focus(None)
            at_once(pilot.app, "b", "b")
            while len(pilot.app.noted) < 2:
                assert time.monotonic() < began + 30
                await asyncio.sleep(0.01)
            first, second = (when - began for when in pilot.app.noted)
            assert PATIENCE_SECONDS * 0.9 < first < 4 * PATIENCE_SECONDS
            assert second - first < PATIENCE_SECONDS

    asyncio.run(use())
