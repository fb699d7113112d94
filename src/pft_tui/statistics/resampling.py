"""The bootstrap over speakers: intervals that do not take a speaker's trials for independent ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95

Floats = NDArray[np.float64]
Names = Sequence[str] | NDArray[np.str_]


class Interval(NamedTuple):
    """The two ends of a 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Resampling:
    """How many times speakers are drawn anew, how many signs are tried, and from which seed."""

    resamples: int = 10_000
    flips: int = 99_999
    seed: int = 0


DEFAULT = Resampling()


@dataclass(frozen=True, slots=True)
class Totals:
    """Values summed up by speaker, which is all that the bootstrap of a mean needs.

    `sums` has a row for each of the S speakers: (S,), or (S, columns) where several quantities are
    measured on the same `counts` (S,) values of each speaker.
    """

    speakers: tuple[str, ...]
    sums: Floats
    counts: Floats

    @property
    def mean(self) -> Floats:
        """The mean over all values, of each column: every value counts once, whoever its speaker."""
        mean: Floats = self.sums.sum(axis=0) / self.counts.sum()
        return mean

    @property
    def speaker_means(self) -> Floats:
        """The mean of each speaker's values, shaped as `sums`."""
        return (self.sums.T / self.counts).T


def total_by_speaker(values: Floats, speakers: Names) -> Totals:
    """Sum `values`, (n,) or (n, columns), by the speaker of each row; speakers are sorted by name."""
    names, codes = np.unique(np.asarray(speakers, dtype=np.str_), return_inverse=True)
    sums = np.zeros((len(names), *values.shape[1:]))
    np.add.at(sums, codes, values)
    counts = np.bincount(codes, minlength=len(names)).astype(np.float64)
    return Totals(tuple(names.tolist()), sums, counts)


def resampled_means(totals: Totals, resampling: Resampling = DEFAULT, *, stream: int = 0) -> Floats:
    """The mean in each resample: (resamples,), or (resamples, columns).

    A resample draws as many speakers as there are, with replacement, each with all of its values. The
    draws depend on the number of speakers, the seed and `stream` alone, so that quantities of the same
    speakers are compared on the same draws; independent groups of speakers need streams of their own.
    """
    draws = _draws(len(totals.speakers), resampling.resamples, resampling.seed, stream)
    means: Floats = (totals.sums.T @ draws / (totals.counts @ draws)).T
    return means


def interval_of(means: Floats, speakers: int) -> Interval | None:
    """The 95 % interval from resampled means (resamples,), or None for fewer than two speakers."""
    if speakers < 2:
        return None
    return expanded_interval(means, speakers - 1, math.sqrt(speakers / (speakers - 1)))


def expanded_interval(means: Floats, freedom: float, widening: float) -> Interval:
    """The expanded percentile interval of resampled means (resamples,).

    Plain percentiles are too narrow for few speakers, as a normal interval is next to Student's. The tails
    cut off here are those that make the two agree: `freedom` are the degrees of freedom, `widening` is
    the standard error over the standard deviation that resamples have (Hesterberg, "What Teachers Should
    Know About the Bootstrap", The American Statistician 69 (2015)).
    """
    from scipy.special import ndtr, stdtrit  # on use: `pft sql` does without

    tail = float(ndtr(-widening * stdtrit(freedom, (1 + CONFIDENCE) / 2)))
    low, high = np.quantile(means, (tail, 1 - tail))
    return Interval(float(low), float(high))


@lru_cache(maxsize=8)
def _draws(speakers: int, resamples: int, seed: int, stream: int) -> Floats:
    """How often each speaker is drawn in each resample: (speakers, resamples)."""
    generator = np.random.default_rng((seed, stream, speakers))
    drawn = generator.multinomial(speakers, np.full(speakers, 1 / speakers), size=resamples)
    draws = np.ascontiguousarray(drawn.T, np.float64)
    draws.setflags(write=False)
    return draws
