"""Where values lie on the screen: the axes that hold them, and the cells between those."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pft_tui.reports.axis import Axis, log_axis, value_axis
from pft_tui.reports.canvas import canvas_size
from pft_tui.reports.room import Size
from pft_tui.tui.plot.series import Numbers
from pft_tui.tui.plot.track import Track

_TICK_LINES = 2
_TICK_COLUMNS = 9
_LEAST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Plane:
    """Where on the screen the values lie: the cell of the top left corner, the room, and the axes."""

    column: int
    line: int
    size: Size
    x: Axis
    y: Axis

    def x_at(self, column: float) -> float:
        """The x in the middle of a column of the screen."""
        share = (column - self.column) / max(self.size.columns - 1, 1)
        return self.x.low + share * (self.x.high - self.x.low)

    @property
    def step(self) -> float:
        """How much x a column is wide."""
        return (self.x.high - self.x.low) / max(self.size.columns - 1, 1)

    def across(self, x: Numbers) -> Numbers:
        """The place of x in cells from the left end of the plane."""
        place: Numbers = (x - self.x.low) / (self.x.high - self.x.low) * (self.size.columns - 1)
        return place

    def down(self, y: Numbers) -> Numbers:
        """The place of y, as the axis has it, in cells from the top of the plane."""
        with np.errstate(over="ignore"):  # a point beside the window may lie infinitely far off
            place: Numbers = (self.y.high - y) / (self.y.high - self.y.low) * (self.size.lines - 1)
        return place

    def rounded(self) -> Plane:
        """The same with a y axis that ends at whole steps between its ticks."""
        places = sorted(self.y.ticks)
        if len(places) < 2:
            return self
        step = places[1] - places[0]
        low = places[0] - step * math.ceil(round((places[0] - self.y.low) / step, 6))
        high = places[0] + step * math.ceil(round((self.y.high - places[0]) / step, 6))
        return replace(self, y=replace(self.y, low=low, high=high))


def with_room(high: float) -> float:
    """The next of 10, 20, 30, …, 100, 200, … from there on."""
    step = 10.0 ** max(1, math.floor(math.log10(max(high, 1.0))))
    return step * math.ceil(high / step)


def plane_of(
    tracks: Sequence[Track], window: tuple[float, float], size: Size, *, top: int, x_label: str, log_y: bool
) -> Plane:
    """The plane in which the tracks are seen from one x to another, `top` lines below the top of the cells.

    The y axis holds all that is seen, or all there is where nothing is. `size` is that of plane and axes.
    """
    low, high = window
    seen = [(track.x >= low) & (track.x <= high) for track in tracks]
    xs = np.unique(np.concatenate([track.x[inside] for track, inside in zip(tracks, seen, strict=True)]))
    ticks = min(size.columns // _TICK_COLUMNS, len(xs) - 1)
    x = value_axis(window, ticks=max(1, ticks), label=x_label)
    values = _finite([track.within(inside) for track, inside in zip(tracks, seen, strict=True)])
    if not len(values):
        values = _finite([track.raw for track in tracks])
    ends = (float(values.min()), float(values.max()))
    ticks = size.lines // _TICK_LINES
    y = log_axis((10.0**end for end in ends), ticks=ticks) if log_y else value_axis(ends, ticks=ticks)
    if canvas_size(size, x, y).columns < _LEAST_COLUMNS:
        y = Axis(y.low, y.high, {})
    room = canvas_size(size, x, y)
    return Plane(size.columns - room.columns, top, room, x, y)


def _finite(parts: Sequence[Numbers]) -> Numbers:
    values = np.concatenate(parts)
    finite: Numbers = values[np.isfinite(values)]
    return finite
