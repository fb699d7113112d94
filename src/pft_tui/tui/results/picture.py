"""A figure with a cursor: on a row of the result, wherever the figure shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from pft_tui.reports.rows import PLACE

_POINTED = Style(reverse=True, bold=True)


class Picture(ScrollView, can_focus=True):
    """Lines that are drawn elsewhere; only those that changed are drawn again.

    Segments with the meta datum PLACE show that row: those of `row` are lit. Keys tell which way to step
    (`Stepped`), since what lies where is known elsewhere.
    """

    DEFAULT_CSS = """
    Picture { background: $background; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(0, -1)", "Up", show=False),
        Binding("down,j", "step(0, 1)", "Down", show=False),
        Binding("left,h", "step(-1, 0)", "Left", show=False),
        Binding("right,l", "step(1, 0)", "Right", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("enter", "choose", "Trials"),
    ]

    class Stepped(Message):
        """The cursor is to go one step right (-1: left) or down (-1: up)."""

        def __init__(self, right: int, down: int) -> None:
            super().__init__()
            self.right, self.down = right, down

    class Pointed(Message):
        """The row at a place was clicked on."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    class Chosen(Message):
        """Enter or a second click: the user wants to know more of the row under the cursor."""

    class Resized(Message):
        """There is other room for a figure."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.row = 0
        self._lines: list[list[Segment]] = []

    def show(self, lines: Sequence[list[Segment]]) -> None:
        """Show other lines; the place stays as far as there is room."""
        before, self._lines = self._lines, list(lines)
        width = max((sum(segment.cell_length for segment in line) for line in lines), default=0)
        self.virtual_size = Size(width, len(lines))
        count = max(len(before), len(self._lines))
        self._redraw(
            place for place in range(count) if before[place : place + 1] != self._lines[place : place + 1]
        )

    @property
    def places(self) -> set[int]:
        """The rows that it shows."""
        segments = (segment for line in self._lines for segment in line)
        return {
            segment.style.meta[PLACE] for segment in segments if segment.style and PLACE in segment.style.meta
        }

    def point(self, row: int) -> None:
        """Light up another row, and bring it into view."""
        before, self.row = self.row, row
        self._redraw((*self._lines_of(before), *self._lines_of(row)))
        lines = list(self._lines_of(row))
        if lines:
            first = round(self.scroll_y)
            room = max(1, self.scrollable_content_region.height)
            if lines[0] < first:
                self.scroll_to(y=lines[0], animate=False)
            elif lines[-1] >= first + room:
                self.scroll_to(y=lines[-1] - room + 1, animate=False)

    def action_step(self, right: int, down: int) -> None:
        self.post_message(self.Stepped(right, down))

    def action_choose(self) -> None:
        self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        place = event.style.meta.get(PLACE)
        if place is None:
            return
        if event.chain > 1 and place == self.row:
            self.post_message(self.Chosen())
        else:
            self.post_message(self.Pointed(place))

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def render_line(self, y: int) -> Strip:
        place = round(self.scroll_y) + y
        if place >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        base = self.rich_style
        strip = Strip(
            Segment(segment.text, base + self._style(segment), segment.control)
            for segment in self._lines[place]
        )
        start = round(self.scroll_x)
        return strip.crop_extend(start, start + self.size.width, base)

    def _style(self, segment: Segment) -> Style:
        style = segment.style or Style.null()
        return style + _POINTED if style.meta.get(PLACE) == self.row and self.has_focus else style

    def on_focus(self) -> None:
        self._redraw(self._lines_of(self.row))

    def on_blur(self) -> None:
        self._redraw(self._lines_of(self.row))

    def _lines_of(self, row: int) -> Iterator[int]:
        for place, line in enumerate(self._lines):
            if any(segment.style and segment.style.meta.get(PLACE) == row for segment in line):
                yield place

    def _redraw(self, lines: Iterator[int] | Sequence[int]) -> None:
        first, width = round(self.scroll_y), self.size.width
        on_screen = [line - first for line in lines if 0 <= line - first < self.size.height]
        if on_screen:
            self.refresh(*(Region(0, line, width, 1) for line in on_screen))
