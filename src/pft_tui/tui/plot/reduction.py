"""Fewer points that look the same: what a column of the screen can show of a long curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pft_tui.tui.plot.series import Numbers

_KEPT_PER_COLUMN = 5


def kept(x: Numbers, y: Numbers, low: float, high: float, columns: int) -> NDArray[np.intp]:
    """Which points of a curve suffice to draw it from x = `low` to `high` in so many columns, in order.

    Of each column those are the first, the last, one of the lowest, one of the highest and, where values
    are missing (NaN), one of the missing, so that no extreme and no gap is lost. The points next to the
    window stay as well, for the lines that lead out of it. `x` ascends. With few points all are kept.
    """
    first, end = int(np.searchsorted(x, low, "left")), int(np.searchsorted(x, high, "right"))
    around = np.arange(max(first - 1, 0), min(end + 1, len(x)))
    if end - first <= _KEPT_PER_COLUMN * columns:
        return around
    edges = np.searchsorted(x, np.linspace(low, high, columns + 1)[1:-1])
    starts = np.unique(np.clip(np.append(edges, first), first, end - 1))
    parts = [around[:1], around[-1:], starts, np.append(starts[1:], end) - 1]
    window, starts = y[first:end], starts - first
    missing = np.flatnonzero(np.isnan(window))
    if len(missing):
        parts.append(
            missing + first if len(missing) <= columns else _firsts(missing, starts, len(window)) + first
        )
    parts += [_lowest(sign * window, starts) + first for sign in (1.0, -1.0)]
    return np.unique(np.concatenate(parts))


def _lowest(window: Numbers, starts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where the lowest value lies of each stretch that begins at one of `starts`."""
    values = np.where(np.isnan(window), np.inf, window)
    least = np.minimum.reduceat(values, starts)
    hits = np.flatnonzero(values == np.repeat(least, np.diff(starts, append=len(window))))
    places: NDArray[np.intp] = hits[np.searchsorted(hits, starts)]
    return places


def _firsts(places: NDArray[np.intp], starts: NDArray[np.intp], end: int) -> NDArray[np.intp]:
    """The first of the `places` in each stretch that has any."""
    index = np.searchsorted(places, starts)
    there = index < len(places)
    index, stops = index[there], np.append(starts[1:], end)[there]
    found: NDArray[np.intp] = places[index]
    return found[found < stops]
