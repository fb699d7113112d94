from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pft_tui.statistics.resampling import Resampling
from pft_tui.statistics.significance import (
    cohens_dz,
    holm,
    rank_biserial,
    sign_flip_test,
    wilcoxon_test,
)

# Darwin's maize, in eighths of an inch, as Wilcoxon (1945) and Fisher (1935) test it.
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)

whole_differences = st.lists(st.integers(-6, 6), min_size=2, max_size=9).map(
    lambda values: np.array(values, float)
)


def every_choice_of_signs(sizes):
    return [
        sum(sign * size for sign, size in zip(signs, sizes, strict=True))
        for signs in product((1, -1), repeat=len(sizes))
    ]


def share_as_far(values):
    sums = every_choice_of_signs(np.abs(values))
    return sum(abs(total) >= abs(sum(values)) - 1e-9 for total in sums) / len(sums)


def test_fishers_test_of_darwins_maize():
    # Fisher (The Design of Experiments, section 21) counts 1,726 of the 32,768 choices of signs.
    test = sign_flip_test(MAIZE)
    assert test.p == 1726 / 32768
    assert test.smallest == 2 / 32768
    assert test.exact


def test_wilcoxons_test_of_darwins_maize():
    assert wilcoxon_test(MAIZE).p == pytest.approx(scipy.stats.wilcoxon(MAIZE).pvalue, abs=1e-15)
    assert wilcoxon_test(MAIZE).p == pytest.approx(0.041259765625)


@given(whole_differences)
def test_exact_p_counts_every_choice_of_signs(values):
    assert sign_flip_test(values).p == pytest.approx(share_as_far(values), abs=1e-12)


@given(whole_differences)
def test_wilcoxon_with_ties_and_zeros_counts_every_choice_of_signs(values):
    nonzero = values[values != 0]
    ranks = scipy.stats.rankdata(np.abs(nonzero)) * np.sign(nonzero)
    expected = share_as_far(ranks) if len(ranks) else 1.0
    assert wilcoxon_test(values).p == pytest.approx(expected, abs=1e-12)


@given(whole_differences)
def test_the_smallest_p_is_that_of_differences_that_all_agree(values):
    test = sign_flip_test(values)
    assert test.smallest == sign_flip_test(np.abs(values)).p
    assert test.p >= test.smallest


@pytest.mark.parametrize("seed", range(5))
def test_exact_p_is_scipys_permutation_test(seed):
    values = np.random.default_rng(seed).normal(0.3, 1, 11)
    theirs = scipy.stats.permutation_test(
        (values,), np.sum, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    assert sign_flip_test(values).p == pytest.approx(theirs.pvalue, abs=1e-12)


@pytest.mark.parametrize("speakers", [2, 5, 14, 20])
def test_wilcoxon_without_ties_is_scipys_exact_test(speakers):
    values = np.random.default_rng(speakers).normal(0.4, 1, speakers)
    theirs = scipy.stats.wilcoxon(values, method="exact")
    assert wilcoxon_test(values).p == pytest.approx(theirs.pvalue, abs=1e-12)


def share_of_whole_numbers(values):
    """Exact, by counting the ways to each total of whole numbers."""
    ways = {0: 1}
    for size in np.abs(values).astype(int).tolist():
        grown = {}
        for total, count in ways.items():
            for signed in (size, -size):
                grown[total + signed] = grown.get(total + signed, 0) + count
        ways = grown
    as_far = sum(count for total, count in ways.items() if abs(total) >= abs(values.sum()))
    return as_far / 2 ** len(values)


@pytest.mark.parametrize("speakers", [2, 3, 19, 20, 32])
def test_up_to_thirty_two_speakers_are_tested_exactly(speakers):
    values = np.random.default_rng(speakers).integers(1, 9, speakers).astype(float)
    values[::3] *= -1
    test = sign_flip_test(values)
    assert test.exact
    assert test.p == pytest.approx(share_of_whole_numbers(values), abs=1e-15)
    assert sign_flip_test(np.arange(1.0, speakers + 1)).p == test.smallest == 2 / 2**speakers


def test_more_speakers_are_sampled():
    values = np.random.default_rng(0).integers(-9, 11, 40).astype(float)
    test = sign_flip_test(values)
    assert not test.exact
    assert test.p == pytest.approx(share_of_whole_numbers(values), rel=0.1)
    assert test.smallest == 1 / 100_000
    assert sign_flip_test(values) == test
    assert sign_flip_test(values, Resampling(seed=1)) != test


def test_a_sampled_p_is_never_zero():
    test = sign_flip_test(np.ones(40), Resampling(flips=999))
    assert test == (1 / 1000, 1 / 1000, False)


def test_rounding_breaks_no_ties():
    # 0.1 + 0.2 is not 0.3, but these speakers differ by the same.
    values = np.array([0.1 + 0.2, 0.3, -0.3])
    assert sign_flip_test(values).p == 1.0
    assert wilcoxon_test(values).p == 1.0
    assert rank_biserial(values) == pytest.approx(1 / 3)


def test_a_p_value_is_seldom_small_where_there_is_nothing():
    generator = np.random.default_rng(0)
    ps = [sign_flip_test(generator.normal(0, 1, 9)).p for _ in range(1_000)]
    assert np.mean(np.array(ps) <= 0.05) == pytest.approx(0.05, abs=0.02)


def test_one_speaker_is_not_tested():
    one = np.array([0.2])
    assert sign_flip_test(one) is None
    assert wilcoxon_test(one) is None
    assert cohens_dz(one) is None
    assert rank_biserial(one) is None


def test_no_difference_at_all():
    none = np.zeros(4)
    assert sign_flip_test(none) == (1.0, 1.0, True)
    assert wilcoxon_test(none).p == 1.0
    assert cohens_dz(none) is None
    assert rank_biserial(none) is None


def test_effect_sizes_of_darwins_maize():
    assert cohens_dz(MAIZE) == pytest.approx(
        scipy.stats.ttest_1samp(MAIZE, 0).statistic / np.sqrt(len(MAIZE))
    )
    # Wilcoxon's smaller sum of ranks is 24 of 120.
    assert rank_biserial(MAIZE) == pytest.approx((96 - 24) / 120)
    assert rank_biserial(-MAIZE) == pytest.approx(-0.6)


def test_speakers_that_differ_by_the_same_have_no_standardised_effect():
    assert cohens_dz(np.array([0.1 + 0.2, 0.3, 0.3])) is None


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.04, None, 0.03]) == [pytest.approx(0.06), None, pytest.approx(0.06)]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.999))
def test_holm_rejects_what_the_step_down_procedure_rejects(ps, level):
    rejected, order = set(), sorted(range(len(ps)), key=lambda place: ps[place])
    for step, place in enumerate(order):
        if ps[place] * (len(ps) - step) > level:
            break
        rejected.add(place)
    assert {place for place, p in enumerate(holm(ps)) if p <= level} == rejected
