"""Curves and all that goes with them, painted into cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from pft_tui.reports import palette
from pft_tui.reports.canvas import draw_frame
from pft_tui.reports.room import Size
from pft_tui.tui.plot import raster
from pft_tui.tui.plot.cells import Cells
from pft_tui.tui.plot.colours import BOLD, CURSOR, FAINT, strong
from pft_tui.tui.plot.plane import Plane, plane_of, with_room
from pft_tui.tui.plot.series import Numbers, Series
from pft_tui.tui.plot.smoothing import smoothed
from pft_tui.tui.plot.strokes import draw_bests, draw_dots, draw_markers, draw_marks, draw_vertical
from pft_tui.tui.plot.track import Track, log10, same, track_of
from pft_tui.tui.plot.view import View, extent_of

LEAST = Size(24, 8)
_GAP = 3
_ROOMY_LINES = 13


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be painted: curves, how they are looked at, and the words around them.

    `x_label` names x, `empty` stands there while no curve has a value. Curves that are `is_growing` get axes
    that stay as they are for a while, so that a new point changes few cells.
    """

    series: tuple[Series, ...]
    view: View
    size: Size
    title: str
    x_label: str
    empty: str
    is_growing: bool = False

    @property
    def window(self) -> tuple[float, float]:
        """From which x to which one looks; with room for what is to come where curves are growing."""
        low, high = extent_of(self.series)
        return self.view.seen((low, with_room(high) if self.is_growing else high))


@dataclass(frozen=True, slots=True)
class Painted:
    """The cells, and the plane in them, if there was anything to plot."""

    cells: Cells
    plane: Plane | None


class Painter:
    """Paints sheets. It keeps smoothed curves, tracks and axes, which mostly stay as they are."""

    def __init__(self) -> None:
        self._smoothed: dict[tuple[Series, float], Numbers] = {}
        self._kept: tuple[tuple[object, ...], list[Track]] | None = None
        self._frame: tuple[tuple[object, ...], list[str]] | None = None

    def paint(self, sheet: Sheet) -> Painted:
        """The whole sheet, at its size."""
        cells = Cells(sheet.size)
        if not sheet.size.holds(LEAST):
            cells.write(0, 0, f"A plot needs {LEAST.columns} columns and {LEAST.lines} lines", FAINT)
            return Painted(cells, None)
        self._forget(sheet)
        tracks = self._tracks(sheet)
        if not any(np.isfinite(track.raw).any() for track in tracks):
            cells.write(0, 0, sheet.title, BOLD)
            is_hidden = sheet.view.log_y and any(np.isfinite(line.y).any() for line in sheet.series)
            cells.write(1, 0, "No value above 0, which log y needs" if is_hidden else sheet.empty, FAINT)
            return Painted(cells, None)
        top = self._write_words(cells, sheet)
        size = Size(sheet.size.columns, sheet.size.lines - top)
        label = sheet.x_label if sheet.size.lines >= _ROOMY_LINES else ""
        plane = plane_of(tracks, sheet.window, size, top=top, x_label=label, log_y=sheet.view.log_y)
        plane = plane.rounded() if sheet.is_growing else plane
        self._draw_frame(cells, plane, size)
        draw_bests(cells, plane, sheet.series)
        draw_dots(cells, plane, tracks)
        for index, track in enumerate(tracks):
            draw_markers(cells, plane, track, index)
        self._draw_cursor(cells, plane, sheet)
        return Painted(cells, plane)

    def value_at(self, line: Series, x: float, least: float, weight: float) -> float | None:
        """The curve's value at the point nearest to x, smoothed, if one lies within `least` of it."""
        if not len(line.x):
            return None
        place = int(np.searchsorted(line.x, x))
        near = [index for index in (place - 1, place) if 0 <= index < len(line.x)]
        index = min(near, key=lambda index: abs(float(line.x[index]) - x))
        value = self._values(line, weight)[index]
        return float(value) if abs(float(line.x[index]) - x) <= least and np.isfinite(value) else None

    # What is drawn

    def _values(self, line: Series, weight: float) -> Numbers:
        if not weight:
            return line.y
        if (line, weight) not in self._smoothed:
            self._smoothed[line, weight] = smoothed(line.y, weight)
        return self._smoothed[line, weight]

    def _forget(self, sheet: Sheet) -> None:
        weight = sheet.view.weight
        self._smoothed = {
            key: y for key, y in self._smoothed.items() if key[0] in sheet.series and key[1] == weight
        }

    def _tracks(self, sheet: Sheet) -> list[Track]:
        """The tracks of all curves, those of the last sheet where only the cursor or the words differ."""
        key = (sheet.series, sheet.window, sheet.size.columns, sheet.view.weight, sheet.view.log_y)
        if self._kept is None or self._kept[0] != key:
            weight, columns = sheet.view.weight, raster.ACROSS * sheet.size.columns
            smooth = (self._values(line, weight) if weight else None for line in sheet.series)
            self._kept = (
                key,
                [
                    track_of(line, values, sheet.window, columns, log10 if sheet.view.log_y else same)
                    for line, values in zip(sheet.series, smooth, strict=True)
                ],
            )
        return self._kept[1]

    # The words and the axes

    def _write_words(self, cells: Cells, sheet: Sheet) -> int:
        """The title, the state of the view and the legend; how many lines they take."""
        end = cells.write(0, 0, sheet.title, BOLD)
        state = _state(sheet, sheet.size.columns - end - _GAP)
        cells.write(0, sheet.size.columns - cell_len(state), state, FAINT)
        return 1 + self._write_legend(cells, sheet, line=1, most=max(1, sheet.size.lines // 6))

    def _write_legend(self, cells: Cells, sheet: Sheet, *, line: int, most: int) -> int:
        """Every curve with its marker and value, on `most` lines at most; how many lines it took.

        Where there is no room for that they stand without their values, and what then is left is counted.
        """
        words = [f" {of_line.name} {self._reading(of_line, sheet)}" for of_line in sheet.series]
        placed, left = _placed(words, sheet.size.columns, most)
        if left:
            words = [f" {of_line.name}" for of_line in sheet.series]
            placed, left = _placed(words, sheet.size.columns, most)
        down, column = 0, 0
        for index, (down, start) in enumerate(placed):
            cells.write(line + down, start, palette.marker(index), strong(index))
            column = cells.write(line + down, start + 1, words[index]) + _GAP
        if left:
            cells.write(line + down, column, f"+{left}", FAINT)
        return down + 1

    def _reading(self, line: Series, sheet: Sheet) -> str:
        """The value at the cursor, or the last one without a cursor."""
        cursor, weight = sheet.view.cursor, sheet.view.weight
        if cursor is None:
            values = self._values(line, weight)
            there = np.flatnonzero(np.isfinite(values[-1000:]))
            return f"{values[-1000:][there[-1]]:.4g}" if len(there) else "–"
        low, high = sheet.window
        value = self.value_at(line, cursor, (high - low) / (2 * sheet.size.columns), weight)
        return "–" if value is None else f"{value:.4g}"

    def _draw_frame(self, cells: Cells, plane: Plane, size: Size) -> None:
        key = (repr(plane.x), repr(plane.y), size)
        if self._frame is None or self._frame[0] != key:
            self._frame = key, draw_frame(plane.x, plane.y, size)
        for line, text in enumerate(self._frame[1]):
            cells.write(plane.line + line, 0, text, FAINT)

    def _draw_cursor(self, cells: Cells, plane: Plane, sheet: Sheet) -> None:
        cursor = sheet.view.cursor
        if cursor is None or not plane.x.low <= cursor <= plane.x.high:
            return
        draw_vertical(cells, plane, cursor, "│", CURSOR)
        for index, line in enumerate(sheet.series):
            value = self.value_at(line, cursor, plane.step / 2, sheet.view.weight)
            if value is not None and (value > 0.0 or not sheet.view.log_y):
                scaled = (log10 if sheet.view.log_y else same)(np.array([value]))
                draw_marks(cells, plane, np.array([cursor]), scaled, index)


def _state(sheet: Sheet, columns: int) -> str:
    """How one looks at the curves: as much of it as there is room for, what is most needed first."""
    view: View = sheet.view
    parts: list[str] = []
    if view.cursor is not None:
        parts.append(f"{sheet.x_label} {view.cursor:g}")
    bests = {line.best for line in sheet.series if line.best is not None}
    if len(bests) == 1:
        parts.append(f"┊ best {bests.pop():g}")
    if view.weight:
        parts.append(f"smoothing {view.weight:g}")
    if view.log_y:
        parts.append("log y")
    if view.window:
        parts.append(f"{view.window[0]:.4g} to {view.window[1]:.4g}")
    while len(state := " · ".join(parts)) > columns and parts:
        parts.pop()
    return state


def _placed(words: Sequence[str], columns: int, lines: int) -> tuple[list[tuple[int, int]], int]:
    """The line and the column of each entry of a legend that there is room for, and how many are left out."""
    places: list[tuple[int, int]] = []
    line, column = 0, 0
    for index, text in enumerate(words):
        left, width = len(words) - index, 1 + cell_len(text)
        beside = _GAP + len(f"+{left}") if line == lines - 1 and left > 1 else 0
        if column and column + width + beside > columns:
            if line == lines - 1:
                return places, left
            line, column = line + 1, 0
        places.append((line, column))
        column += width + _GAP
    return places, 0
