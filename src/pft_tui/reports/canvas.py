"""Line and bar plots as text: the only module that knows plotext.

Every plot is a figure of its own, since `plotext.figure` is one for the whole process. plotext's kernel is
called with Python's lock released and promises nothing about threads, so one plot is drawn at a time.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import plotext
from rich.text import Text

from pft_tui.reports import palette
from pft_tui.reports.axis import Axis
from pft_tui.reports.room import Size

_KERNEL = threading.Lock()


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line, with a band of ±`error` around it; `hollow` marks a preliminary one."""

    x: float
    y: float
    error: float = 0.0
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined in their order, in the colour of `index` and with its marker on every so many of them."""

    index: int
    points: Sequence[Point]
    every: int = 1


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from zero to `height` over the columns `first`..`last`, with a whisker from `low` to `high`."""

    index: int
    first: int
    last: int
    height: float
    low: float
    high: float


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
        return plot.text()


def draw_bars(bars: Sequence[Bar], x: Axis, y: Axis, size: Size) -> Text:
    """Bars, textured so that they differ without colour, on an x axis that counts canvas columns."""
    with _KERNEL:
        plot = _Plot(x, y, size)
        plot.stroke((x.low, x.high), (0.0, 0.0), "─")
        for bar in bars:
            plot.bar(bar)
        return plot.text()


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


def unbroken(values: Iterable[tuple[float, float | None]]) -> Iterator[list[Point]]:
    """The points of each run of (x, y) pairs that have a finite y: no line may hide that one is missing."""
    run: list[Point] = []
    for x, y in values:
        if y is not None and math.isfinite(y):
            run.append(Point(x, y))
        elif run:
            yield run
            run = []
    if run:
        yield run


class _Plot:
    """A plotext figure in the terminal's own colours, with an axis on the left and one below."""

    def __init__(self, x: Axis, y: Axis, size: Size) -> None:
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
        self._figure.draw(self._figure.segment(x, y, marker=plotext.marker(symbol)))

    def line(self, line: Line) -> None:
        dots = _marker("braille", line.index)
        xs = [point.x for point in line.points]
        upper = self._figure.signal(xs, [point.y + point.error for point in line.points], marker=dots)
        if any(point.error for point in line.points):
            lower = self._figure.signal(xs, [point.y - point.error for point in line.points], marker=dots)
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


def _marker(symbol: str, index: int) -> plotext.marker:
    return plotext.marker(symbol, pixel=plotext.pixel(foreground=palette.colour(index)))
