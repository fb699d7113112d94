"""Smoothing, means and the reduction of points, against ways of computing them one value at a time."""

import statistics
from math import inf, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pft_tui.tui.plot.reduction import kept
from pft_tui.tui.plot.series import curve, mean_of
from pft_tui.tui.plot.smoothing import smoothed

VALUES = st.one_of(st.floats(-1e6, 1e6), st.just(nan))
CURVES = arrays(np.float64, st.integers(1, 300), elements=VALUES)


def tensorboard(values, weight):
    """The loop behind TensorBoard's slider, a value at a time."""
    last, count, out = 0.0, 0, []
    for value in values:
        if isnan(value):
            out.append(nan)
            continue
        last = last * weight + (1 - weight) * value
        count += 1
        out.append(last / (1 - weight**count))
    return out


@given(CURVES, st.sampled_from([0.0, 0.3, 0.6, 0.9, 0.99]))
def test_smoothing_is_tensorboards(values, weight):
    result = smoothed(values, weight)
    np.testing.assert_allclose(result, tensorboard(values, weight), rtol=1e-8, atol=1e-6)


def test_smoothing_leaves_what_it_was_given():
    values = np.array([1.0, 2.0])
    smoothed(values, 0.0)[0] = 7.0
    assert list(values) == [1.0, 2.0]


@pytest.mark.parametrize("weight", [1.0, -0.1])
def test_a_weight_that_would_never_forget_is_refused(weight):
    with pytest.raises(ValueError, match="weight"):
        smoothed(np.array([1.0]), weight)


@st.composite
def windows(draw):
    y = draw(arrays(np.float64, st.integers(1, 3000), elements=VALUES))
    steps = draw(arrays(np.float64, len(y), elements=st.floats(0.0, 3.0)))
    low, width = draw(st.floats(-10, 3000)), draw(st.floats(0.1, 5000))
    return np.cumsum(steps), y, low, low + width, draw(st.integers(1, 40))


@settings(deadline=None, max_examples=200)
@given(windows())
def test_what_is_kept_has_every_extreme_of_every_column_in_order(window):
    x, y, low, high, columns = window
    places = kept(x, y, low, high, columns)
    assert list(places) == sorted(set(places.tolist()))
    inside = np.flatnonzero((x >= low) & (x <= high))
    edges = np.linspace(low, high, columns + 1)[1:-1]
    column = np.searchsorted(edges, x, side="right")
    for number in set(column[inside]):
        every = [int(index) for index in inside if column[index] == number]
        left = [index for index in every if index in set(places.tolist())]
        assert {every[0], every[-1]} <= set(left)
        assert np.isnan(y[every]).any() == np.isnan(y[left]).any()
        finite = [y[index] for index in every if not isnan(y[index])]
        if finite:
            assert {min(finite), max(finite)} <= {y[index] for index in left}


@given(windows())
@settings(deadline=None, max_examples=100)
def test_what_is_kept_is_little_and_reaches_out_of_the_window(window):
    x, y, low, high, columns = window
    places = kept(x, y, low, high, columns)
    assert len(places) <= 5 * columns + 2
    inside = np.flatnonzero((x >= low) & (x <= high))
    if len(inside):
        assert places[0] == max(inside[0] - 1, 0)
        assert places[-1] == min(inside[-1] + 1, len(x) - 1)


def test_a_spike_in_a_million_points_is_kept():
    y = np.zeros(1_000_000)
    y[765_432] = 1.0
    y[123_456] = nan
    x = np.arange(1_000_000.0)
    places = kept(x, y, 0.0, 999_999.0, 160)
    assert len(places) <= 802
    assert 765_432 in places
    assert 123_456 in places


def test_a_curve_takes_numbers_of_any_kind_and_puts_them_in_order():
    line = curve("loss", [3, 1, None, 2], [None, 0.5, 9.0, inf])
    np.testing.assert_array_equal(line.x, [1, 2, 3])
    np.testing.assert_array_equal(line.y, [0.5, nan, nan])


def test_a_curve_keeps_its_own_copy():
    values = [1.0, 2.0]
    array = np.array(values)
    line = curve("loss", values, array)
    array[0] = 7.0
    assert line.y[0] == 1.0


def test_x_and_y_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="loss"):
        curve("loss", [1, 2, 3], [1, 2])


def test_two_curves_show_the_same_where_their_numbers_are_the_same():
    one = curve("loss", [1, 2], [0.5, None], best=2)
    assert one.shows_the_same_as(curve("loss", [1, 2], [0.5, nan], best=2))
    for other in (
        curve("loss", [1, 2], [0.5, 0.4], best=2),
        curve("loss", [1, 2], [0.5, None], best=1),
        curve("loss", [1, 2, 3], [0.5, None, None], best=2),
        curve("f1", [1, 2], [0.5, None], best=2),
        mean_of("loss", [one]),
    ):
        assert not one.shows_the_same_as(other)


@given(st.lists(st.dictionaries(st.integers(0, 9), st.floats(-100, 100), min_size=1), min_size=1, max_size=8))
def test_a_mean_is_of_those_that_have_a_value_there(runs):
    lines = [curve(str(place), sorted(run), [run[x] for x in sorted(run)]) for place, run in enumerate(runs)]
    mean = mean_of("mean", lines)
    assert list(mean.x) == sorted({x for run in runs for x in run})
    for place, x in enumerate(mean.x):
        there = [run[x] for run in runs if x in run]
        error = statistics.stdev(there) / sqrt(len(there)) if len(there) > 1 else 0.0
        assert mean.y[place] == pytest.approx(statistics.mean(there), abs=1e-9)
        assert mean.high[place] - mean.low[place] == pytest.approx(2 * error, abs=1e-9)


def test_a_mean_passes_over_what_is_missing():
    mean = mean_of("mean", [curve("a", [1, 2], [1.0, None]), curve("b", [1, 2, 3], [3.0, 5.0, None])])
    assert (mean.x.tolist(), mean.y.tolist()) == ([1.0, 2.0], [2.0, 5.0])
