"""A curve made ready for one window and one scale of y."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pft_tui.tui.plot.reduction import kept
from pft_tui.tui.plot.series import Numbers, Series

_MOST_POWER = 100
Scale = Callable[[Numbers], Numbers]


@dataclass(frozen=True, slots=True)
class Track:
    """The points of a curve that are worth drawing, all as the y axis has them: raw, smoothed, and a band."""

    x: Numbers
    raw: Numbers
    smooth: Numbers | None
    low: Numbers | None
    high: Numbers | None

    @property
    def main(self) -> Numbers:
        """The curve itself: smoothed, if it is."""
        return self.raw if self.smooth is None else self.smooth

    def within(self, chosen: NDArray[np.bool_]) -> Numbers:
        """All values at the chosen points, of whatever kind."""
        kinds = (self.raw, self.smooth, self.low, self.high)
        return np.concatenate([values[chosen] for values in kinds if values is not None])


def track_of(
    line: Series, smooth: Numbers | None, window: tuple[float, float], columns: int, scale: Scale
) -> Track:
    """The track of a curve that is seen from one x to another in so many columns."""
    places = kept(line.x, line.y, *window, columns)
    raw, *others = (
        None if values is None else scale(values[places]) for values in (line.y, smooth, line.low, line.high)
    )
    assert raw is not None
    return Track(line.x[places], raw, *others)


def log10(values: Numbers) -> Numbers:
    """The decimal logarithms; what has none is missing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(np.where(values > 0.0, np.log10(values), np.nan), -_MOST_POWER, _MOST_POWER)


def same(values: Numbers) -> Numbers:
    """The values as they are, those beyond all measure as large as an axis can hold."""
    return np.clip(values, -(10.0**_MOST_POWER), 10.0**_MOST_POWER)
