"""Mean, spread and uncertainty of the scores, or differences of scores, of one group."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pft_tui.statistics.resampling import (
    DEFAULT,
    Floats,
    Interval,
    Names,
    Resampling,
    Totals,
    expanded_interval,
    interval_of,
    resampled_means,
    total_by_speaker,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """The mean of `n` values of `speakers` speakers, every value counting once.

    `sd` is the sample standard deviation and `se` = sd / sqrt(n), as in the tables' views, which takes
    all values for independent; None for a single value. `speaker_se` and `interval` (95 %, bootstrap)
    take the speakers alone for independent; None for a single speaker.
    """

    mean: float
    n: int
    speakers: int
    sd: float | None
    se: float | None
    speaker_se: float | None
    interval: Interval | None


def summarise(values: Floats, speakers: Names, resampling: Resampling = DEFAULT) -> Summary:
    """Sum up `values` (n,) that come from `speakers` (n). Raises ValueError where there are none."""
    (summary,) = summarise_columns(values[:, np.newaxis], speakers, resampling)
    return summary


def summarise_columns(values: Floats, speakers: Names, resampling: Resampling = DEFAULT) -> list[Summary]:
    """Sum up each column of `values` (n, columns), on the same draws of speakers.

    Raises ValueError where there are no values.
    """
    if len(values) == 0:
        raise ValueError("no values to sum up")
    totals = total_by_speaker(values, speakers)
    return summaries_of(values, totals, resampled_means(totals, resampling))


def summaries_of(values: Floats, totals: Totals, resampled: Floats) -> list[Summary]:
    """Sum up each column of `values` (n, columns) with these `totals` and means (resamples, columns)."""
    n, clusters = len(values), len(totals.speakers)
    spreads = np.std(values, axis=0, ddof=1) if n > 1 else [None] * len(totals.mean)
    return [
        Summary(
            mean=float(mean),
            n=n,
            speakers=clusters,
            sd=None if sd is None else float(sd),
            se=None if sd is None else float(sd) / math.sqrt(n),
            speaker_se=speaker_se(Totals(totals.speakers, sums, totals.counts)),
            interval=interval_of(means, clusters),
        )
        for mean, sd, sums, means in zip(totals.mean, spreads, totals.sums.T, resampled.T, strict=True)
    ]


def speaker_se(totals: Totals) -> float | None:
    """The standard error of the mean of `totals` (one column) with speakers as the units drawn.

    The ratio estimator of cluster sampling (Cochran, Sampling Techniques, 3rd ed., 1977);
    where all speakers have as many values it is the standard deviation of their means / sqrt(speakers).
    """
    clusters = len(totals.speakers)
    if clusters < 2:
        return None
    excess = totals.sums - totals.counts * totals.mean
    return float(math.sqrt(clusters / (clusters - 1) * (excess @ excess)) / totals.counts.sum())


def interval_of_difference(one: Totals, other: Totals, resampling: Resampling = DEFAULT) -> Interval | None:
    """The 95 % interval of the mean of `one` less that of `other`, which have different speakers.

    Speakers of either are drawn anew by themselves; the degrees of freedom are Welch's (Biometrika 34
    (1947)). None where one of them has fewer than two speakers.
    """
    errors = [speaker_se(group) for group in (one, other)]
    if None in errors:
        return None
    variances = np.square(np.array(errors, dtype=np.float64))
    speakers = np.array([len(one.speakers), len(other.speakers)])
    differences = resampled_means(one, resampling, stream=1) - resampled_means(other, resampling, stream=2)
    if not variances.any():
        return Interval(float(differences[0]), float(differences[0]))
    freedom = variances.sum() ** 2 / (variances**2 / (speakers - 1)).sum()
    widening = math.sqrt(variances.sum() / (variances * (speakers - 1) / speakers).sum())
    return expanded_interval(differences, freedom, widening)
