"""The line in which the filter is typed, with what may come next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input, Label, Static

from pft_tui.errors import UsageError
from pft_tui.tui.queue.filter import Completion, Known, complete, is_begun, parse

PAUSE_SECONDS = 0.15  # after the last key, before the filter takes effect


class FilterLine(Vertical):
    """Typed text becomes a filter as soon as it makes sense; what does not is said below."""

    DEFAULT_CSS = """
    FilterLine { height: 2; display: none; }
    FilterLine > Horizontal { height: 1; }
    FilterLine Label { color: $primary; text-style: bold; padding: 0 0 0 1; }
    FilterLine Input, FilterLine Input:focus { height: 1; border: none; padding: 0; background: $surface; }
    FilterLine Static { height: 1; color: $text-muted; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete(1)", "Complete", priority=True),
        Binding("shift+tab", "complete(-1)", "Complete with the one before", show=False, priority=True),
        Binding("escape", "undo", "As it was"),
    ]

    class Meant(Message):
        """The filter is now this: the text, and what it means to a request."""

        def __init__(self, text: str, meant: Mapping[str, Any]) -> None:
            super().__init__()
            self.text, self.meant = text, meant

    class Left(Message):
        """The user is done with it."""

    def __init__(self) -> None:
        super().__init__(id="filter")
        self.known: Known = {}
        self._before = ""
        self._timer: Timer | None = None
        self._offered: tuple[str, Completion, int] | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label("/ ")
            yield Input(suggester=_Ghost(lambda: self.known), select_on_focus=False)
        yield Static(id="filter-hint", markup=False)

    def edit(self, text: str) -> None:
        """Let the user edit the filter."""
        self._before = text
        self.display = True
        line = self.query_one(Input)
        line.value = text
        line.select_all()
        self.screen.set_focus(line)
        self._hint(text)

    def learn(self, known: Known) -> None:
        """Take the values that there are among the jobs."""
        self.known = known
        self._hint(self.query_one(Input).value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self._hint(event.value)
            if self._timer is not None:
                self._timer.stop()
            if not is_begun(event.value):
                self._timer = self.set_timer(PAUSE_SECONDS, partial(self._apply, is_typing=True))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._apply():
            self._leave()

    def action_undo(self) -> None:
        """Give up what was typed."""
        self.query_one(Input).value = self._before
        self._apply()
        self._leave()

    def action_complete(self, step: int) -> None:
        """Put what may come next into the line, with each press another."""
        line = self.query_one(Input)
        text, found, place = line.value, complete(line.value, self.known), 0
        if self._offered is not None and self._offered[1].options:
            before, offered, index = self._offered
            if offered.line(before, index) == text:
                text, found, place = before, offered, (index + step) % len(offered.options)
        if not found.options:
            return
        line.value = found.line(text, place)
        line.cursor_position = len(line.value)
        self._offered = (text, found, place)

    def _apply(self, *, is_typing: bool = False) -> bool:
        """Let the filter take effect; False where it makes no sense, which is said."""
        if self._timer is not None:
            self._timer.stop()
        text = self.query_one(Input).value.strip()
        try:
            meant = parse(text, self.known)
        except UsageError as error:
            if is_typing and complete(text, self.known).options:
                return False  # it may yet make sense
            self._say(Text(f"{error.message}{f' ({error.hint})' if error.hint else ''}", style="bold"))
            return False
        self.post_message(self.Meant(text, meant))
        return True

    def _leave(self) -> None:
        self.display = False
        self.post_message(self.Left())

    def _hint(self, text: str) -> None:
        options = complete(text, self.known).options
        self._say(Text("  ".join(options) if options else "Enter filters, Esc leaves it as it was"))

    def _say(self, words: Text) -> None:
        words.no_wrap, words.overflow = True, "ellipsis"
        self.query_one("#filter-hint", Static).update(words)


class _Ghost(Suggester):
    """The likeliest end of the line, in grey behind what was typed."""

    def __init__(self, known: Callable[[], Known]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._known = known

    async def get_suggestion(self, value: str) -> str | None:
        found = complete(value, self._known())
        whole = found.line(value) if value and found.options else ""
        return whole if whole.startswith(value) and whole != value else None
