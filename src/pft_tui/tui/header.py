"""The line at the top of every screen, and what is shown where there is nothing to see."""

from __future__ import annotations

import time

from rich.text import Text
from textual import events
from textual.reactive import reactive
from textual.widgets import Static

from pft_tui.reports import palette
from pft_tui.tui.feed import NO_DAEMON, Pulse, Trouble
from pft_tui.tui.screens import SCREENS
from pft_tui.tui.words import duration

LIVE, STALE, NONE = ("●", palette.GREEN), ("◐", palette.ORANGE), ("○", palette.VERMILION)


class Header(Static):
    """Which screens there are, how far everything is, and whether it is alive. A click shows a screen."""

    pulse: reactive[Pulse | None] = reactive(None, repaint=False)

    def __init__(self) -> None:
        super().__init__(id="header")
        self._places: list[tuple[int, int, str]] = []
        self._line = Text()

    def on_mount(self) -> None:
        """Show the screens at once, the rest when it is known."""
        self._draw()

    def on_resize(self) -> None:
        """Use the room there is."""
        self._draw()

    def watch_pulse(self) -> None:
        """Show what is new."""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """Show the screen that was clicked on."""
        for start, end, name in self._places:
            if start <= event.x < end:
                self.app.switch_mode(name)

    def _draw(self) -> None:
        left, right = self._tabs(), self._state()
        gap = self.size.width - left.cell_len - right.cell_len
        if gap < 1:
            right = self._state(short=True)
            gap = max(1, self.size.width - left.cell_len - right.cell_len)
        line = Text.assemble(left, " " * gap, right, no_wrap=True, overflow="ellipsis")
        if line.markup != self._line.markup:  # each time it is drawn, it travels
            self._line = line
            self.update(line, layout=False)

    def _tabs(self) -> Text:
        tabs = Text(" pft ", style="bold")
        self._places = []
        for entry in SCREENS:
            start = tabs.cell_len
            style = "bold reverse" if entry.name == self.screen.name else ""
            tabs.append(f" {entry.key} {entry.name} ", style=style)
            self._places.append((start, tabs.cell_len, entry.name))
        return tabs

    def _state(self, *, short: bool = False) -> Text:
        pulse = self.pulse
        if pulse is None:
            return Text("… ", style="dim")
        symbol, colour = {"daemon": LIVE, "snapshot": STALE, "nothing": NONE}[pulse.source]
        words = [] if short else [part for part in (_work(pulse), _progress(pulse)) if part]
        words += [_progress(pulse)] if short else []
        return Text.assemble("  ".join(words), " ", (symbol, palette.style(colour)), " ")


def _work(pulse: Pulse) -> str:
    status = pulse.status
    if status is None:
        hint = ": u starts it" if pulse.notice == NO_DAEMON else ""
        since = f", as of {time.strftime('%H:%M:%S', time.localtime(pulse.as_of))}" if pulse.as_of else ""
        return f"{pulse.notice or ''}{hint}{since}"
    if status["ending"]:
        return "ending after the trials at hand"
    stop = status["stops"].get("all") or status["obstacle"]
    return str(stop) if stop else ""


def _progress(pulse: Pulse) -> str:
    if pulse.overview is None:
        return ""
    trials, left = pulse.overview["progress"]["trials"], pulse.overview["left"]
    words = f"{trials['finished']:,}/{trials['total']:,}"
    if trials["failed"]:
        words += f" {trials['failed']:,} failed"
    if pulse.status is not None and left:
        words += f" {duration(left)} left"
    return words


class TroubleView(Static):
    """What is the matter, and what to do."""

    trouble: reactive[Trouble | None] = reactive(None)

    def watch_trouble(self, trouble: Trouble | None) -> None:
        """Appear with trouble and go with it."""
        self.display = trouble is not None
        if trouble is not None:
            remedies = "\n".join(f"  {line}" for line in trouble.remedies)
            self.update(Text.assemble((trouble.title, "bold"), "\n\n", trouble.words, "\n\n", remedies))
