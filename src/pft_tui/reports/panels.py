"""Small line plots side by side, on the same axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pft_tui.reports.axis import Axis
from pft_tui.reports.canvas import Line, draw_lines
from pft_tui.reports.room import Size

LEAST_PANEL = Size(14, 7)


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot with its title."""

    title: str
    lines: Sequence[Line]


def fitting(count: int, columns: int) -> int:
    """How many of `count` panels fit side by side into so many columns: at least one."""
    return max(1, min(count, columns // LEAST_PANEL.columns))


def panel_grid(panels: Sequence[Panel], x: Axis, y: Axis, size: Size, across: int) -> Table:
    """Panels of the given size, `across` in a row; the first of a row has the labels of y beside it."""
    grid = Table.grid()
    for start in range(0, len(panels), across):
        grid.add_row(*_row(panels[start : start + across], x, y, size))
    return grid


def _row(panels: Sequence[Panel], x: Axis, y: Axis, size: Size) -> Iterator[RenderableType]:
    for place, panel in enumerate(panels):
        scale = y if place == 0 else Axis(y.low, y.high, {})
        room = Size(size.columns + scale.label_width, size.lines - 1)
        title = Text(" " * (scale.label_width + 1) + panel.title)
        title.truncate(room.columns - 1, overflow="ellipsis")
        yield Group(title, draw_lines(panel.lines, x, scale, room))
