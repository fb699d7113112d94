"""Lines and areas as braille dots, two across and four down in each cell of the screen.

plotext takes points one by one, at 13 µs each, which is too slow to zoom in a million of them; here a curve
is a few operations on whole arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pft_tui.reports.room import Size
from pft_tui.tui.plot.series import Numbers

Dots = NDArray[np.bool_]
Codes = NDArray[np.uint8]

ACROSS, DOWN = 2, 4
FIRST_CHARACTER = 0x2800
_TINY = 1e-6
# The bit of each dot in the number of a braille character, by row and column of the cell.
_BITS = np.array([[1, 8], [2, 16], [4, 32], [64, 128]], dtype=np.uint8)


def no_dots(size: Size) -> Dots:
    """The dots of so many cells, none of them set: an array of (4·lines, 2·columns)."""
    return np.zeros((DOWN * size.lines, ACROSS * size.columns), dtype=np.bool_)


def codes(dots: Dots) -> Codes:
    """The number of the braille character of each cell, an array of (lines, columns)."""
    lines, columns = dots.shape[0] // DOWN, dots.shape[1] // ACROSS
    cells = dots.reshape(lines, DOWN, columns, ACROSS)
    numbers: Codes = np.einsum("lrck,rk->lc", cells.astype(np.uint8), _BITS)
    return numbers


def draw_line(dots: Dots, across: Numbers, down: Numbers) -> None:
    """Set the dots of a line through points at these dot positions, NaN in `down` breaking it.

    What lies outside is clipped.
    """
    _set(dots, across, down)
    start = np.stack([across[:-1], down[:-1]])
    step = np.stack([across[1:], down[1:]]) - start
    whole = ~np.isnan(step[1])
    start, step = start[:, whole], step[:, whole]
    begin, end = _inside(start, step, dots.shape)
    visible = begin < end
    start, step, begin, end = start[:, visible], step[:, visible], begin[visible], end[visible]
    if not len(begin):
        return
    length = np.abs(step).max(axis=0) * (end - begin)
    count = np.ceil(length).astype(np.intp) + 1
    segment = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(count) - count, count)
    share = begin[segment] + (end - begin)[segment] * place / np.maximum(count - 1, 1)[segment]
    _set(dots, *(start[:, segment] + step[:, segment] * share))


def draw_band(dots: Dots, upper: Numbers, lower: Numbers) -> None:
    """Set every other dot between two edges, given as a dot position down for each dot column."""
    rows = np.arange(dots.shape[0])[:, None]
    with np.errstate(invalid="ignore"):
        between = (rows >= np.round(upper)[None, :]) & (rows <= np.round(lower)[None, :])
    dots |= between & ((rows + np.arange(dots.shape[1])[None, :]) % 2 == 0)


def _inside(start: Numbers, step: Numbers, shape: tuple[int, ...]) -> tuple[Numbers, Numbers]:
    """From which to which share of its length each segment lies within a dot of the area; none: end first."""
    begin, end = np.zeros(step.shape[1]), np.ones(step.shape[1])
    for from_here, along, limit in zip(start, step, reversed(shape), strict=True):
        still = abs(along) < _TINY
        with np.errstate(all="ignore"):
            edges = (np.array([[-1.0], [limit]]) - from_here) / along
        near, far = edges.min(axis=0), edges.max(axis=0)
        outside = still & ((from_here < -1.0) | (from_here > limit))
        begin = np.where(still, begin, np.maximum(begin, near))
        end = np.where(outside, -1.0, np.where(still, end, np.minimum(end, far)))
    return begin, end


def _set(dots: Dots, across: Numbers, down: Numbers) -> None:
    there = ~np.isnan(down)
    # Halves go down, whatever their last bits say: else a line in steps of one might leave a dot out.
    columns, rows = (np.ceil(place[there] - 0.5 - _TINY) for place in (across, down))
    inside = (columns >= 0) & (columns < dots.shape[1]) & (rows >= 0) & (rows < dots.shape[0])
    dots[rows[inside].astype(np.intp), columns[inside].astype(np.intp)] = True
