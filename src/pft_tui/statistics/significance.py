"""Tests and effect sizes of paired differences, with the speaker as the unit.

Everything here takes one number for each speaker. Trials of one speaker share utterances and a voice, so
that treating them as independent would find significance where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pft_tui.statistics.resampling import DEFAULT, Floats, Resampling

# Each half of the speakers has 2^16 choices of signs, which take some milliseconds.
EXACT_UP_TO = 32
# Sums that differ by less than this share of the largest possible one are level but for rounding.
LEVEL_WITHIN = 1e-12
# Mean differences are ranked to this many decimals, so that rounding breaks no ties.
RANKED_DECIMALS = 12
FLIPS_AT_A_TIME = 10_000


class SignTest(NamedTuple):
    """A two-sided p value, the smallest that this test could have given, and whether it is exact."""

    p: float
    smallest: float
    exact: bool


def sign_flip_test(differences: Floats, resampling: Resampling = DEFAULT) -> SignTest | None:
    """The paired permutation test of `differences` (speakers,), or None for fewer than two speakers.

    Under the null hypothesis either model could have been the better one for a speaker, so each
    difference could as well have had the other sign: p is the share of all 2^speakers choices of signs
    whose sum is at least as far from zero as the one seen (Fisher's randomisation test; Good, Permutation
    Tests, 2nd ed., 2000). Above 32 speakers signs are drawn, and p = (as far + 1) / (drawn + 1) (Phipson
    and Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010), article 39). A speaker without any difference has
    no sign to flip.
    """
    if len(differences) < 2:
        return None
    sizes = np.abs(differences[differences != 0])
    if len(sizes) == 0:
        return SignTest(p=1.0, smallest=1.0, exact=True)
    seen = abs(float(differences.sum())) - LEVEL_WITHIN * float(sizes.sum())
    if len(sizes) <= EXACT_UP_TO:
        return SignTest(p=_share_as_far(sizes, seen), smallest=2.0 ** (1 - len(sizes)), exact=True)
    as_far, drawn = _count_as_far(sizes, seen, resampling), resampling.flips
    return SignTest(p=(as_far + 1) / (drawn + 1), smallest=1 / (drawn + 1), exact=False)


def wilcoxon_test(means: Floats, resampling: Resampling = DEFAULT) -> SignTest | None:
    """The Wilcoxon signed-rank test of the speakers' mean differences `means` (speakers,).

    Zeros are dropped and ties share their mean rank (Wilcoxon, Biometrics Bulletin 1 (1945)). As its null
    distribution is that of all signs of the ranks, p is exact even with ties. None for fewer than two
    speakers.
    """
    if len(means) < 2:
        return None
    ranks = _signed_ranks(means)
    return sign_flip_test(ranks, resampling)


def cohens_dz(means: Floats) -> float | None:
    """The mean of the speakers' mean differences over their sample standard deviation (Cohen, 1988).

    None for fewer than two speakers, or where all of them differ by the same.
    """
    if len(means) < 2:
        return None
    mean, sd = float(np.mean(means)), float(np.std(means, ddof=1))
    return mean / sd if sd > LEVEL_WITHIN * float(np.max(np.abs(means))) else None


def rank_biserial(means: Floats) -> float | None:
    """The matched-pairs rank-biserial correlation of the speakers' mean differences, from -1 to 1.

    The sum of the ranks of positive differences less that of negative ones, over the sum of all ranks
    (Kerby, Comprehensive Psychology 3 (2014)). None for fewer than two speakers or without differences.
    """
    ranks = _signed_ranks(means)
    if len(means) < 2 or not ranks.any():
        return None
    return float(ranks.sum() / np.abs(ranks).sum())


def holm(values: Sequence[float | None]) -> list[float | None]:
    """The p values corrected for their number (Holm, Scand. J. Statist. 6 (1979)), in their order.

    None, a test that could not be made, stays None and does not count.
    """
    order = sorted((p, position) for position, p in enumerate(values) if p is not None)
    corrected: list[float | None] = [None] * len(values)
    largest = 0.0
    for place, (p, position) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - place) * p))
        corrected[position] = largest
    return corrected


def _share_as_far(sizes: Floats, seen: float) -> float:
    """The share of all choices of signs whose sum is at least `seen` from zero.

    The sums of one half of the speakers are looked up among the sorted sums of the other. Sums below zero
    mirror those above.
    """
    if seen <= 0:
        return 1.0
    half = len(sizes) // 2
    left, right = _sums_of_all_signs(sizes[:half]), np.sort(_sums_of_all_signs(sizes[half:]))
    above = len(left) * len(right) - int(np.searchsorted(right, seen - left).sum())
    return 2 * above / (len(left) * len(right))


def _sums_of_all_signs(sizes: Floats) -> Floats:
    sums = np.zeros(1)
    for size in sizes:
        sums = np.concatenate((sums + size, sums - size))
    return sums


def _count_as_far(sizes: Floats, seen: float, resampling: Resampling) -> int:
    generator = np.random.default_rng((resampling.seed, len(sizes)))
    as_far = 0
    for start in range(0, resampling.flips, FLIPS_AT_A_TIME):
        rows = min(FLIPS_AT_A_TIME, resampling.flips - start)
        positive = generator.integers(0, 2, size=(rows, len(sizes)), dtype=np.int8)
        as_far += int(np.count_nonzero(np.abs((2.0 * positive - 1.0) @ sizes) >= seen))
    return as_far


def _signed_ranks(means: Floats) -> Floats:
    """The ranks of the sizes of `means`, from 1, with the sign of each; ties share theirs, zeros have 0."""
    rounded = np.round(means, RANKED_DECIMALS)
    sizes = np.abs(rounded)
    _, level, counts = np.unique(sizes[sizes > 0], return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = np.zeros(len(means))
    ranks[sizes > 0] = (last - (counts - 1) / 2)[level]
    signed: Floats = np.sign(rounded) * ranks
    return signed
