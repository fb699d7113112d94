"""A table of any length: only the lines on screen are made, and only those that changed are drawn again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar, Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

Cell = str | tuple[str, str]  # a text, or one with a Rich style
Row = Sequence[Cell]
HEADER_LINES = 1
_GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, its width in characters, and the side its cells stand on."""

    header: str
    width: int
    side: Literal["left", "right"] = "left"


def fitting(headers: Sequence[str], rows: Iterable[Row], numbers: Collection[int], most: int) -> list[Column]:
    """Columns as wide as their headers and the given rows need, `most` characters at the most.

    Those at the places `numbers` stand on the right.
    """
    widths = [cell_len(header) for header in headers]
    for row in rows:
        widths = [max(width, cell_len(_text(cell))) for width, cell in zip(widths, row, strict=True)]
    return [
        Column(header, max(1, min(width, most)), "right" if place in numbers else "left")
        for place, (header, width) in enumerate(zip(headers, widths, strict=True))
    ]


class LongTable(ScrollView, can_focus=True):
    """Rows by their index, from a function that is asked for those on screen alone.

    Where it has None for a row (not there yet), `…` stands; `Viewed` says which rows came into view. With
    `by_cell` the cursor is on a cell, else on a row. Rows for which `is_marked` holds are marked.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "longtable--header",
        "longtable--cursor",
        "longtable--marked",
        "longtable--blurred",
    }
    DEFAULT_CSS = """
    LongTable { background: $background; }
    LongTable > .longtable--header { text-style: bold; color: $primary; background: $surface; }
    LongTable > .longtable--cursor { background: $primary 40%; text-style: bold; }
    LongTable > .longtable--blurred { background: $panel; }
    LongTable > .longtable--marked { background: $accent 25%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "go(0)", "First row", show=False),
        Binding("end,G", "go(-1)", "Last row", show=False),
        Binding("left,h", "sideways(-1)", "Left", show=False),
        Binding("right,l", "sideways(1)", "Right", show=False),
        Binding("enter", "choose", "Open"),
    ]

    row: reactive[int] = reactive(0, init=False, repaint=False)
    column: reactive[int] = reactive(0, init=False, repaint=False)

    class Moved(Message):
        """The cursor is elsewhere."""

        def __init__(self, table: LongTable) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> LongTable:
            """The table."""
            return self.table

    class Chosen(Moved):
        """Enter or a second click: the user wants to know more of what is under the cursor."""

    class Viewed(Moved):
        """Other rows are on screen: `table.rows_in_view`."""

    def __init__(self, *, id: str | None = None, by_cell: bool = False) -> None:
        super().__init__(id=id)
        self.count = 0
        self.columns: list[Column] = []
        self.is_marked: Callable[[int], bool] = lambda _row: False
        self._by_cell = by_cell
        self._cells: Callable[[int], Row | None] = lambda _row: None

    # What it shows

    def fill(self, columns: Sequence[Column], count: int, cells: Callable[[int], Row | None]) -> None:
        """Show `count` rows; the cursor and the place stay as far as there is room for them."""
        self.columns, self.count, self._cells = list(columns), count, cells
        width = sum(column.width + _GAP for column in columns)
        self.virtual_size = Size(width, count + HEADER_LINES)
        self.row = max(0, min(self.row, count - 1))
        self.column = max(0, min(self.column, len(columns) - 1))
        self.refresh()
        self.call_after_refresh(self._tell_view)

    def redraw(self, rows: Iterable[int]) -> None:
        """Draw these rows again, as far as they are on screen."""
        self._redraw((row, 0, self.size.width) for row in rows)

    def redraw_cells(self, places: Iterable[tuple[int, int]]) -> None:
        """Draw the cells at these rows and columns again, as far as they are on screen."""
        ends = list(
            accumulate((column.width + _GAP for column in self.columns), initial=-round(self.scroll_x))
        )
        self._redraw((row, ends[column], self.columns[column].width) for row, column in places)

    def _redraw(self, stretches: Iterable[tuple[int, int, int]]) -> None:
        """Draw so many columns of rows, from a column of the screen on, again."""
        top = HEADER_LINES - round(self.scroll_y)
        regions = [
            Region(start, row + top, width, 1) for row, start, width in stretches if row in self.rows_in_view
        ]
        if regions:
            self.refresh(*regions)

    @property
    def rows_in_view(self) -> range:
        """The rows that are on screen."""
        first = round(self.scroll_y)
        return range(first, max(first, min(self.count, first + self._room)))

    @property
    def _room(self) -> int:
        return max(1, self.scrollable_content_region.height - HEADER_LINES)

    # Keys and the mouse

    def action_move(self, by: int) -> None:
        self.row = max(0, min(self.count - 1, self.row + by))

    def action_page(self, by: int) -> None:
        self.action_move(by * self._room)

    def action_go(self, row: int) -> None:
        self.row = max(0, self.count - 1 if row < 0 else min(row, self.count - 1))

    def action_sideways(self, by: int) -> None:
        if self._by_cell:
            self.column = max(0, min(len(self.columns) - 1, self.column + by))
        else:
            self.scroll_relative(x=8 * by, animate=False)

    def action_choose(self) -> None:
        if self.count:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        row = round(self.scroll_y) + event.y - HEADER_LINES
        if event.y < HEADER_LINES or not 0 <= row < self.count:
            return
        was = (self.row, self.column)
        self.row = row
        if self._by_cell:
            self.column = self._column_at(event.x + round(self.scroll_x))
        if event.chain > 1 and was == (self.row, self.column):
            self.action_choose()

    def _column_at(self, x: int) -> int:
        end = 0
        for place, column in enumerate(self.columns):
            end += column.width + _GAP
            if x < end:
                return place
        return len(self.columns) - 1

    # Drawing

    def reveal(self) -> None:
        """Bring the cursor into view."""
        self._reveal_row()
        self._reveal_column()

    def _reveal_row(self) -> None:
        first = round(self.scroll_y)
        if self.row < first:
            self.scroll_to(y=self.row, animate=False)
        elif self.row >= first + self._room:
            self.scroll_to(y=self.row - self._room + 1, animate=False)

    def _reveal_column(self) -> None:
        start = sum(each.width + _GAP for each in self.columns[: self.column])
        width = self.columns[self.column].width if self.columns else 0
        room = self.scrollable_content_region.width
        if start < self.scroll_x:
            self.scroll_to(x=start, animate=False)
        elif start + width > self.scroll_x + room:
            self.scroll_to(x=start + width - room, animate=False)

    def watch_row(self, before: int, row: int) -> None:
        self._reveal_row()
        self.redraw((before, row))
        self.post_message(self.Moved(self))

    def watch_column(self) -> None:
        self._reveal_column()
        self.redraw((self.row,))
        self.post_message(self.Moved(self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._tell_view()

    def on_resize(self) -> None:
        self._tell_view()

    def on_focus(self) -> None:
        self.redraw((self.row,))

    def on_blur(self) -> None:
        self.redraw((self.row,))

    def _tell_view(self) -> None:
        if self.count:
            self.post_message(self.Viewed(self))

    def render_line(self, y: int) -> Strip:
        if y < HEADER_LINES:
            style = self.get_component_rich_style("longtable--header")
            cells: Row = [column.header for column in self.columns]
            return self._strip(cells, style, None)
        row = round(self.scroll_y) + y - HEADER_LINES
        if row >= self.count:
            return Strip.blank(self.size.width, self.rich_style)
        found = self._cells(row)
        style, lit = self.rich_style, None
        if self.is_marked(row):
            style += self.get_component_rich_style("longtable--marked")
        if row == self.row:
            name = "cursor" if self.has_focus else "blurred"
            cursor = self.get_component_rich_style(f"longtable--{name}")
            if self._by_cell:
                lit = (self.column, cursor)
            else:
                style += cursor
        return self._strip(found if found is not None else ["…" for _ in self.columns], style, lit)

    def _strip(self, cells: Row, style: Style, lit: tuple[int, Style] | None) -> Strip:
        segments = []
        for place, (column, cell) in enumerate(zip(self.columns, cells, strict=True)):
            text = fitted(_text(cell), column)
            own = style + Style.parse(cell[1]) if isinstance(cell, tuple) else style
            if lit and place == lit[0]:
                own += lit[1]
            segments += [Segment(text, own), Segment(" " * _GAP, style)]
        strip = Strip(segments).simplify()  # fewer colour codes for the terminal
        start = round(self.scroll_x)
        return strip.crop_extend(start, start + self.size.width, style)


def fitted(text: str, column: Column) -> str:
    """The text in exactly the column's width, with `…` where it was cut."""
    length = cell_len(text)
    if length > column.width:
        return set_cell_size(text, column.width - 1) + "…"
    padding = " " * (column.width - length)
    return padding + text if column.side == "right" else text + padding


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell[0]
