"""Line and bar plots as text: the only module that knows plotext.

Every plot is a figure of its own, since `plotext.figure` is one for the whole process. plotext's kernel is
called with Python's lock released and promises nothing about threads, so one plot is drawn at a time.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from pft_tui.reports import palette
from pft_tui.reports.axis import Axis
from pft_tui.reports.room import Size
from pft_tui.reports.rows import PLACE

if TYPE_CHECKING:
    import plotext

_KERNEL = threading.Lock()


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line, in a band from `low` to `high` if it has one; `hollow` marks a preliminary one.

    What is drawn at it has the meta datum `place`, if that is given, by which a screen finds it again.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    hollow: bool = False
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined in their order, in the colour of `index` and with its marker on every so many of them."""

    index: int
    points: Sequence[Point]
    every: int = 1


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from zero to `height` over the columns `first`..`last`, with a whisker from `low` to `high`.

    It has the meta datum `place`, if that is given, as a point has.
    """

    index: int
    first: int
    last: int
    height: float
    low: float
    high: float
    place: int | None = None


def draw_lines(
    lines: Sequence[Line], x: Axis, y: Axis, size: Size, *, verticals: Sequence[float] = ()
) -> Text:
    """Lines, bands below them and markers above, with a dotted line down at each of `verticals`."""
    with _KERNEL:
        plot = _Plot(x, y, size)
        for position in verticals:
            plot.stroke((position, position), (y.low, y.high), "┊")
        for line in lines:
            plot.line(line)
        for line in lines:
            plot.markers(line)
        text = plot.text()
    cells = _Cells(text, x, y, size)
    for point in (point for line in lines for point in line.points):
        column = cells.column(point.x)
        cells.tell((point.y, point.y), (column, column), point.place)
    return text


def draw_bars(bars: Sequence[Bar], x: Axis, y: Axis, size: Size) -> Text:
    """Bars, textured so that they differ without colour, on an x axis that counts canvas columns."""
    with _KERNEL:
        plot = _Plot(x, y, size)
        plot.stroke((x.low, x.high), (0.0, 0.0), "─")
        for bar in bars:
            plot.bar(bar)
        text = plot.text()
    cells = _Cells(text, x, y, size)
    for bar in bars:
        cells.tell((0.0, bar.height), (bar.first, bar.last), bar.place)
    return text


def draw_frame(x: Axis, y: Axis, size: Size) -> list[str]:
    """The axes alone, line by line: what lies between them is drawn by whoever asks (see `canvas_size`).

    The first position of an axis is in the middle of the first cell, the last in the middle of the last.
    """
    with _KERNEL:
        return _Plot(x, y, size).lines()


def canvas_columns(size: Size, y: Axis) -> int:
    """How many columns are left for the plot itself beside the y axis and its labels."""
    return size.columns - y.label_width - 1


def canvas_size(size: Size, x: Axis, y: Axis) -> Size:
    """The room for the plot itself, beside the y axis and above the x axis, each with its labels."""
    return Size(canvas_columns(size, y), size.lines - 2 - bool(x.label))


def unbroken(
    values: Iterable[tuple[float, float | None] | tuple[float, float | None, int | None]],
) -> Iterator[list[Point]]:
    """The points of each run of (x, y) or (x, y, place) that have a finite y.

    They are not joined to those of the next run: no line may hide that one is missing.
    """
    run: list[Point] = []
    for x, y, *place in values:
        if y is not None and math.isfinite(y):
            run.append(Point(x, y, place=place[0] if place else None))
        elif run:
            yield run
            run = []
    if run:
        yield run


class _Cells:
    """Where the values of a plot lie in the text that was made of it."""

    def __init__(self, text: Text, x: Axis, y: Axis, size: Size) -> None:
        self._text, self._x, self._y = text, x, y
        self._room = canvas_size(size, x, y)
        self._starts = [0]
        for line in text.plain.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def column(self, x: float) -> int:
        """The column of the canvas, from 0."""
        return _share(x - self._x.low, self._x.high - self._x.low, self._room.columns)

    def tell(self, values: tuple[float, float], columns: tuple[int, int], place: int | None) -> None:
        """Say that the cells between two values and two columns show the row at a place."""
        if place is None:
            return
        height = self._y.high - self._y.low
        lines = sorted(_share(self._y.high - value, height, self._room.lines) for value in values)
        first, last = (self._y.label_width + 1 + column for column in columns)
        for line in range(lines[0], lines[1] + 1):
            start, end = self._starts[line], self._starts[line + 1] - 1
            self._text.stylize(Style(meta={PLACE: place}), start + first, min(start + last + 1, end))


def _share(part: float, whole: float, cells: int) -> int:
    """Which of so many cells lies at that share of the whole."""
    return round(min(max(part / whole, 0.0), 1.0) * (cells - 1))


class _Plot:
    """A plotext figure in the terminal's own colours, with an axis on the left and one below."""

    def __init__(self, x: Axis, y: Axis, size: Size) -> None:
        import plotext  # only now: the dashboard is there before its first plot

        terminal = type(plotext.terminal)()
        terminal.limit(False, False)
        self._figure = type(plotext.figure)(parent=terminal)
        self._figure.theme("colorless")
        self._figure.plot_size(*size)
        self._figure.axes(False, axis="x", side="upper")
        self._figure.axes(False, axis="y", side="right")
        for name, axis in (("x", x), ("y", y)):
            ruler = self._figure.ruler(name)
            ruler.lim(axis.low, axis.high)
            ruler.ticks(list(axis.ticks), list(axis.ticks.values()))
            self._figure.label(axis.label or None, name)

    def stroke(self, x: tuple[float, float], y: tuple[float, float], symbol: str) -> None:
        self._figure.draw(self._figure.segment(x, y, marker=_marker(symbol)))

    def line(self, line: Line) -> None:
        dots = _marker("braille", line.index)
        xs = [point.x for point in line.points]
        highs = [point.y if point.high is None else point.high for point in line.points]
        upper = self._figure.signal(xs, highs, marker=dots)
        lows = [point.y if point.low is None else point.low for point in line.points]
        if lows != highs:
            lower = self._figure.signal(xs, lows, marker=dots)
            upper.fill(lower)
        self._figure.draw(upper.lines())

    def markers(self, line: Line) -> None:
        for point in line.points[line.index % line.every :: line.every]:
            shape = _marker(palette.marker(line.index, hollow=point.hollow), line.index)
            self._figure.draw(self._figure.signal([point.x], [point.y], marker=shape))

    def bar(self, bar: Bar) -> None:
        middle = (bar.first + bar.last) // 2
        whisker = _marker("│", bar.index)
        self._figure.draw(self._figure.segment((middle, middle), (bar.low, bar.high), marker=whisker))
        block = _marker(palette.texture(bar.index), bar.index)
        self._figure.draw(self._figure.rectangle((bar.first, bar.last), (0.0, bar.height), marker=block))

    def lines(self) -> list[str]:
        return str(self._figure.build().string(colorless=True)).splitlines()

    def text(self) -> Text:
        text = Text.from_ansi(self._figure.build().string(), no_wrap=True, overflow="crop")
        text.rstrip()
        return text


def _marker(symbol: str, index: int | None = None) -> plotext.marker:
    """A symbol, in the colour of the series at an index or in the terminal's own."""
    import plotext

    if index is None:
        return plotext.marker(symbol)
    return plotext.marker(symbol, pixel=plotext.pixel(foreground=palette.colour(index)))
