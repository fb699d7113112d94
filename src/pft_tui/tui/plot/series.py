"""What is plotted: named curves, and the mean of several with a band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A curve: `y` over `x`, which ascends. A y that is no number is missing, and breaks the line.

    `low` and `high`, if there are any, are the edges of a band around it, `best` an x to mark on it. Made
    by `curve` and `mean_of`, which see to all that.
    """

    name: str
    x: Numbers
    y: Numbers
    low: Numbers | None = None
    high: Numbers | None = None
    best: float | None = None

    def shows_the_same_as(self, other: Series) -> bool:
        """Whether nothing would look different with the other one in its place."""
        return (self.name, self.best) == (other.name, other.best) and all(
            _same(ours, theirs)
            for ours, theirs in (
                (self.x, other.x),
                (self.y, other.y),
                (self.low, other.low),
                (self.high, other.high),
            )
        )


def curve(name: str, x: ArrayLike, y: ArrayLike, *, best: float | None = None) -> Series:
    """A curve from numbers of any kind; None, NaN and infinities in `y` are missing values.

    Points whose x is missing are left out, and the others put in the order of their x. Raises ValueError
    where x and y differ in length.
    """
    xs, ys = _numbers(x), _numbers(y)
    if xs.shape != ys.shape or xs.ndim != 1:
        raise ValueError(f"{name}: x has the shape {xs.shape}, y {ys.shape}")
    there = ~np.isnan(xs)
    if not there.all():
        xs, ys = xs[there], ys[there]
    if np.any(xs[1:] < xs[:-1]):
        order = np.argsort(xs, kind="stable")
        xs, ys = xs[order], ys[order]
    return Series(name, xs, ys, best=best)


def mean_of(name: str, members: Sequence[Series]) -> Series:
    """The mean of several curves at each x that any of them has, with a band of ±1 standard error.

    A mean is over the curves that have a value there; where that is one alone, the band has no width.
    """
    xs = np.concatenate([member.x for member in members])
    ys = np.concatenate([member.y for member in members])
    there = ~np.isnan(ys)
    x, place = np.unique(xs[there], return_inverse=True)
    count = np.bincount(place, minlength=len(x))
    mean = np.bincount(place, ys[there], len(x)) / count
    squares = np.bincount(place, (ys[there] - mean[place]) ** 2, len(x))
    error = np.sqrt(squares / np.maximum(count - 1, 1) / count)
    return Series(name, x, mean, mean - error, mean + error)


def _numbers(values: ArrayLike) -> Numbers:
    array = np.array(values, dtype=np.float64)  # a copy: whoever gave it may go on appending to it
    array[~np.isfinite(array)] = np.nan
    return array


def _same(ours: Numbers | None, theirs: Numbers | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return ours is theirs or np.array_equal(ours, theirs, equal_nan=True)
