"""What is drawn between the axes: dots of curves and bands, markers, and lines down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pft_tui.reports import palette
from pft_tui.tui.plot import raster
from pft_tui.tui.plot.cells import Cells
from pft_tui.tui.plot.colours import FAINT, pale, strong
from pft_tui.tui.plot.plane import Plane
from pft_tui.tui.plot.series import Numbers, Series
from pft_tui.tui.plot.track import Track

_MARKERS = 8
_FAR = 1e9  # dots: what lies further away need not be told from that, and may be infinitely far


def draw_dots(cells: Cells, plane: Plane, tracks: Sequence[Track]) -> None:
    """What stands behind first, raw values and bands, then the curves; where two meet, the later colours."""
    for index, track in enumerate(tracks):
        if track.smooth is not None or track.low is not None:
            _stamp(cells, plane, _behind(plane, track), pale(index))
    front = np.zeros((plane.size.lines, plane.size.columns), dtype=np.uint8)
    for index, track in enumerate(tracks):
        dots = raster.no_dots(plane.size)
        raster.draw_line(dots, *_dot_places(plane, track.x, track.main))
        front |= _stamp(cells, plane, dots, strong(index), over=front)


def _behind(plane: Plane, track: Track) -> raster.Dots:
    dots = raster.no_dots(plane.size)
    if track.low is not None and track.high is not None:
        there = np.isfinite(track.low) & np.isfinite(track.high)
        if there.any():
            across, low = _dot_places(plane, track.x[there], track.low[there])
            _, high = _dot_places(plane, track.x[there], track.high[there])
            columns = np.arange(dots.shape[1], dtype=np.float64)
            edges = (np.interp(columns, across, values, np.nan, np.nan) for values in (high, low))
            raster.draw_band(dots, *edges)
    if track.smooth is not None:
        raster.draw_line(dots, *_dot_places(plane, track.x, track.raw))
    return dots


def _dot_places(plane: Plane, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """Where points lie in dots: the middle of a cell is between its dots."""
    across = raster.ACROSS * plane.across(x) + (raster.ACROSS - 1) / 2
    down = raster.DOWN * np.clip(plane.down(y), -_FAR, _FAR) + (raster.DOWN - 1) / 2
    return np.clip(across, -_FAR, _FAR), down


def _stamp(
    cells: Cells, plane: Plane, dots: raster.Dots, style: int, over: raster.Codes | None = None
) -> raster.Codes:
    """Write the cells that have dots, joined with the dots `over` them; the codes without those."""
    own = raster.codes(dots)
    lines, columns = np.nonzero(own)
    codes = own if over is None else own | over
    characters = (codes[lines, columns].astype(np.uint32) + raster.FIRST_CHARACTER).view("<U1")
    cells.characters[lines + plane.line, columns + plane.column] = characters
    cells.styles[lines + plane.line, columns + plane.column] = style
    return own


def draw_markers(cells: Cells, plane: Plane, track: Track, index: int) -> None:
    """The curve's marker on some of its points, elsewhere for each curve, so that colour is not needed."""
    seen = np.flatnonzero(np.isfinite(track.main) & (track.x >= plane.x.low) & (track.x <= plane.x.high))
    every = len(seen) // _MARKERS + 1
    some = seen[min(index, len(seen) - 1) % every :: every] if len(seen) else seen
    draw_marks(cells, plane, track.x[some], track.main[some], index)


def draw_marks(cells: Cells, plane: Plane, x: Numbers, y: Numbers, index: int) -> None:
    """The marker of the curve at `index` at each of these points of the axes."""
    columns = np.rint(plane.across(x)).astype(np.intp)
    lines = np.rint(plane.down(y)).astype(np.intp)
    inside = (lines >= 0) & (lines < plane.size.lines)
    at = lines[inside] + plane.line, columns[inside] + plane.column
    cells.characters[at] = palette.marker(index)
    cells.styles[at] = strong(index)


def draw_bests(cells: Cells, plane: Plane, series: Sequence[Series]) -> None:
    """A dotted line at the best x of each curve, in its colour unless all have the same."""
    bests = {line.best for line in series}
    for index, line in enumerate(series):
        if line.best is not None:
            draw_vertical(cells, plane, line.best, "┊", FAINT if len(bests) == 1 else pale(index))


def draw_vertical(cells: Cells, plane: Plane, x: float, character: str, style: int) -> None:
    """A line down in the cells that are empty."""
    column = plane.column + round(float(plane.across(np.array(x))))
    if not plane.x.low <= x <= plane.x.high:
        return
    rows = slice(plane.line, plane.line + plane.size.lines)
    free = cells.characters[rows, column] == " "
    cells.characters[rows, column][free] = character
    cells.styles[rows, column][free] = style
