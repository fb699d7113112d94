"""What all screens of the dashboard have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from pft_tui.errors import PftError
from pft_tui.tui.exports import Exporter
from pft_tui.tui.footer import Footer
from pft_tui.tui.header import Header, TroubleView

if TYPE_CHECKING:
    from pft_tui.tui.app import Dashboard
    from pft_tui.tui.feed import Feed, Pulse

WARM_SECONDS = 0.1
P = ParamSpec("P")
Answer = TypeVar("Answer")


async def threaded(
    screen: Screen[Any], work: Callable[P, Answer], *values: P.args, **named: P.kwargs
) -> Answer | None:
    """What `work` returns, run in a thread; None where it raised a PftError, which the screen shows."""
    try:
        return await asyncio.to_thread(work, *values, **named)
    except PftError as error:
        words = error.message + (f"\n{error.hint}" if error.hint else "")
        screen.notify(words, severity="error", markup=False)
        return None


class Pane(Exporter, Screen[None]):
    """A screen of the dashboard: the header, its own body, the footer.

    While there is trouble (nothing to see, or nobody to ask) its body gives way to what can be done.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self._is_showing = False
        # Its widgets get their styles when they are mounted: Textual need not style the app anew for it.
        self._css_update_count = self.app._css_update_count

    @property
    def dashboard(self) -> Dashboard:
        """The app."""
        return cast("Dashboard", self.app)

    @property
    def feed(self) -> Feed:
        """Where data comes from."""
        return self.dashboard.feed

    # For the screens

    def body(self) -> ComposeResult:
        """The screen's own widgets."""
        raise NotImplementedError

    async def show(self, pulse: Pulse) -> None:
        """Bring what is shown up to date: on coming to the front, and with every beat while it is there."""

    def remember(self) -> dict[str, Any]:
        """What `recall` takes to show the same again: plain JSON data."""
        return {}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Show again what was shown: called once, before `show`; entries may be missing or odd."""

    async def off(self, work: Callable[P, Answer], *values: P.args, **named: P.kwargs) -> Answer | None:
        """What `work` returns, run in a thread; None where it raised a PftError, which is shown."""
        return await threaded(self, work, *values, **named)

    # The frame

    def compose(self) -> ComposeResult:
        yield Header()
        with Container(id="body"):
            yield from self.body()
        yield TroubleView(id="trouble")
        yield Footer()

    def on_mount(self) -> None:
        """Show what was shown the last time."""
        memory = self.dashboard.memory.content.get("panes", {})
        mine = memory.get(self.name, {}) if isinstance(memory, dict) else {}
        if isinstance(mine, dict):
            self.recall(mine)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Catch up on coming to the front, with the styles that are there: nothing has changed those."""
        event.refresh_styles = False
        self._catch_up()

    @work(group="warm", exclusive=True)
    async def warm(self) -> None:
        """Lay out and draw what is new while it is not on show, so that little is left to do when it is."""
        for _ in range(2):  # a scroll bar that comes with the first changes the second
            await asyncio.sleep(WARM_SECONDS)
            if not self.is_current and self.app.is_running and self.dashboard.pulse is not None:
                self._screen_resized(self.app.size)
                await self.dashboard.hand(self, self.dashboard.pulse)  # now that it knows its room
                self._compositor.render_strips()

    def _compositor_refresh(self) -> None:
        """Draw nothing while drawing is held back: Textual would draw it, and throw it away."""
        if not self.app._batch_count:
            super()._compositor_refresh()

    @work(group="pulse")
    async def _catch_up(self) -> None:
        if self.dashboard.pulse is not None:
            self.dashboard.keep()  # first: the connection may drop while the screen takes in what is new
            await self.dashboard.hand(self, self.dashboard.pulse)
            self.warm()

    async def take(self, pulse: Pulse) -> None:
        """Take a pulse: the header, then the body, or what is the matter.

        While the body takes in one, others are left out: to cut that short would lose what it brings.
        """
        if not self.query(TroubleView):  # not composed yet: it catches up when it is
            return
        self.query_one(Header).pulse = pulse
        trouble = self.query_one(TroubleView)
        trouble.trouble = pulse.trouble
        self.query_one("#body").display = pulse.trouble is None
        if pulse.trouble is None and not self._is_showing:
            self._is_showing = True
            try:
                await self.show(pulse)
            finally:
                self._is_showing = False
