"""What of the curves one looks at: the window in x, the scale of y, the smoothing and the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pft_tui.tui.plot.series import Series

WEIGHTS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
_LEAST_SHARE = 1e-6


@dataclass(frozen=True, slots=True)
class View:
    """A way of looking at curves. Without a window all of x is seen, and goes on growing.

    `window` is (low, high) in x, `weight` the smoothing's, `cursor` an x or None.
    """

    window: tuple[float, float] | None = None
    log_y: bool = False
    weight: float = 0.0
    cursor: float | None = None

    def smoother(self, steps: int) -> View:
        """The same with so many steps more (or, negative, less) of smoothing."""
        place = min(range(len(WEIGHTS)), key=lambda index: abs(WEIGHTS[index] - self.weight))
        return replace(self, weight=WEIGHTS[min(max(place + steps, 0), len(WEIGHTS) - 1)])

    def seen(self, extent: tuple[float, float]) -> tuple[float, float]:
        """The window, where there is one, else all of the `extent`."""
        return self.window or extent

    def zoomed(self, factor: float, extent: tuple[float, float], around: float | None = None) -> View:
        """The same with a window `factor` as wide, in which `around` (else the middle) stays where it is."""
        low, high = self.seen(extent)
        least = _LEAST_SHARE * (extent[1] - extent[0])
        width = max((high - low) * factor, least)
        centre = (low + high) / 2 if around is None else around
        share = (centre - low) / (high - low) if high > low else 0.5
        return self.moved_to(centre - share * width, width, extent)

    def panned(self, share: float, extent: tuple[float, float]) -> View:
        """The same with the window moved by a share of its width; there is nothing to see beyond the ends."""
        low, high = self.seen(extent)
        return self.moved_to(low + share * (high - low), high - low, extent)

    def moved_to(self, low: float, width: float, extent: tuple[float, float]) -> View:
        """The same with a window of this width that begins at `low`, or as near to it as there are points."""
        if width >= extent[1] - extent[0]:
            return replace(self, window=None)
        low = min(max(low, extent[0]), extent[1] - width)
        return replace(self, window=(low, low + width))

    def with_cursor(self, cursor: float | None, extent: tuple[float, float]) -> View:
        """The same with the cursor there, and the window moved so far that it is seen."""
        view = replace(self, cursor=cursor)
        low, high = view.seen(extent)
        if cursor is None or low <= cursor <= high:
            return view
        return view.moved_to(cursor if cursor < low else cursor - (high - low), high - low, extent)


def extent_of(series: Sequence[Series]) -> tuple[float, float]:
    """From the lowest to the highest x of all the points; 0 to 1 where there are none."""
    ends = [(line.x[0], line.x[-1]) for line in series if len(line.x)]
    if not ends:
        return 0.0, 1.0
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def neighbour(series: Sequence[Series], x: float, least: float, *, forward: bool) -> float | None:
    """The nearest x of any point at least `least` after (or before) the given one, if there is one."""
    found: list[float] = []
    for line in series:
        if forward:
            place = max(line.x.searchsorted(x + least, "left"), line.x.searchsorted(x, "right"))
        else:
            place = min(line.x.searchsorted(x - least, "right"), line.x.searchsorted(x, "left")) - 1
        if 0 <= place < len(line.x):
            found.append(float(line.x[place]))
    return (min if forward else max)(found, default=None)
