"""A log that grows, with search: only the lines on screen are made."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

MOST_LINES = 200_000
DIM = Style(dim=True)


class LogView(ScrollView, can_focus=True):
    """Lines of text, the last of them in view while it follows; those that hold what is sought are marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"logview--found", "logview--here"}
    DEFAULT_CSS = """
    LogView { background: $background; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; }
    LogView > .logview--found { background: $accent 30%; }
    LogView > .logview--here { background: $accent; color: $background; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "Follow"),
        Binding("n", "find(1)", "Next match"),
        Binding("N", "find(-1)", "Match before", show=False),
        Binding("g,home", "top", "Top", show=False),
        Binding("G,end", "bottom", "Bottom", show=False),
        Binding("down,j", "lines(1)", "Down", show=False),
        Binding("up,k", "lines(-1)", "Up", show=False),
        Binding("pagedown,space", "pages(1)", "Page down", show=False),
        Binding("pageup", "pages(-1)", "Page up", show=False),
        Binding("right,l", "sideways(8)", "Right", show=False),
        Binding("left,h", "sideways(-8)", "Left", show=False),
    ]

    class Changed(Message):
        """It follows or not, and what was found, may be different now."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.is_following = True
        self.empty = ""  # what stands there while there is no line
        self.sought = ""
        self.here: int | None = None  # which of `found` is the one at hand
        self.found: list[int] = []
        self._lines: list[str] = []
        self._rest = ""
        self._width = 0

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines) + bool(self._rest)

    @property
    def lines_in_view(self) -> range:
        """The lines that are on screen."""
        first = round(self.scroll_y)
        return range(first, min(self.count, first + self.size.height))

    def text(self, places: range) -> str:
        """These lines, each with its end."""
        return "".join(f"{self._line(place)}\n" for place in places)

    def add(self, text: str) -> None:
        """Add text at the end; a line that is not ended yet is shown too."""
        if not text:
            return
        *whole, self._rest = (self._rest + text).split("\n")
        start = len(self._lines)
        self._lines += [line.rstrip("\r").expandtabs() for line in whole]
        self._drop_first()
        self.found += [place for place in range(start, len(self._lines)) if self._holds(place)]
        self._width = max([self._width, *(cell_len(line) for line in whole)])
        self.virtual_size = Size(self._width, self.count)
        if self.is_following:
            self.scroll_end(animate=False)
        self.refresh()

    def clear(self) -> None:
        """Forget all lines."""
        self._lines, self._rest, self.found, self.here, self._width = [], "", [], None, 0
        self.virtual_size = Size(0, 0)
        self.refresh()

    def say_why_empty(self, words: str) -> None:
        """Say this while there is no line."""
        if words != self.empty:
            self.empty = words
            self.refresh()

    def seek(self, sought: str) -> None:
        """Find a text, whatever its capitals, and show the last line that it is in."""
        self.sought, self.here = sought.casefold(), None
        self.found = [place for place in range(len(self._lines)) if self._holds(place)]
        self.refresh()
        self.action_find(-1)

    def action_find(self, by: int) -> None:
        """Show the next line that was found, or the one before."""
        if self.found:
            self.here = (len(self.found) - 1 if by < 0 else 0) if self.here is None else self.here + by
            self.here %= len(self.found)
            self.is_following = False
            self.scroll_to(y=max(0, self.found[self.here] - self.size.height // 2), animate=False)
            self.refresh()
        self.post_message(self.Changed())

    def action_follow(self) -> None:
        self.is_following = not self.is_following
        if self.is_following:
            self.scroll_end(animate=False)
        self.post_message(self.Changed())

    def action_lines(self, by: int) -> None:
        self._go(self.scroll_y + by)

    def action_pages(self, by: int) -> None:
        self._go(self.scroll_y + by * max(1, self.size.height - 1))

    def action_top(self) -> None:
        self._go(0)

    def action_bottom(self) -> None:
        self._go(self.count)

    def action_sideways(self, by: int) -> None:
        self.scroll_relative(x=by, animate=False)

    def _go(self, y: float) -> None:
        self.is_following = y >= self.max_scroll_y
        self.scroll_to(y=y, animate=False)
        self.post_message(self.Changed())

    def _line(self, place: int) -> str:
        return self._lines[place] if place < len(self._lines) else self._rest

    def _holds(self, place: int) -> bool:
        return bool(self.sought) and self.sought in self._lines[place].casefold()

    def _drop_first(self) -> None:
        """Keep no more than MOST_LINES."""
        extra = len(self._lines) - MOST_LINES
        if extra > 0:
            del self._lines[:extra]
            self.found = [place - extra for place in self.found if place >= extra]
            self.here = None

    def render_line(self, y: int) -> Strip:
        place = round(self.scroll_y) + y
        if not self.count and y == 0:
            return Strip([Segment(f" {self.empty}", self.rich_style + DIM)]).crop_extend(
                0, self.size.width, self.rich_style
            )
        if place >= self.count:
            return Strip.blank(self.size.width, self.rich_style)
        text, style = self._line(place), self.rich_style
        if place < len(self._lines) and self._holds(place):
            is_here = self.here is not None and self.found[self.here] == place
            style += self.get_component_rich_style("logview--here" if is_here else "logview--found")
        start = round(self.scroll_x)
        return Strip([Segment(text, style)]).crop_extend(start, start + self.size.width, style)
