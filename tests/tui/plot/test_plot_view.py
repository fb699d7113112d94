"""Zooming, panning and the cursor, as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pft_tui.reports.axis import log_axis
from pft_tui.tui.plot.series import curve
from pft_tui.tui.plot.view import WEIGHTS, View, extent_of, neighbour

EXTENT = (0.0, 100.0)


def test_without_a_window_all_of_it_is_seen_as_it_grows():
    assert View().seen(EXTENT) == EXTENT
    assert View().seen((0.0, 200.0)) == (0.0, 200.0)
    assert View(window=(20.0, 40.0)).seen((0.0, 200.0)) == (20.0, 40.0)


@given(st.floats(0.1, 0.9), st.floats(20, 40))
def test_the_point_zoomed_at_stays_where_it_is(factor, around):
    before = View(window=(20.0, 40.0))
    low, high = before.zoomed(factor, EXTENT, around).window
    assert high - low == pytest.approx(20 * factor)
    assert (around - low) / (high - low) == pytest.approx((around - 20) / 20, abs=1e-9)


def test_zooming_out_ends_with_all_of_it():
    view = View(window=(40.0, 60.0))
    for _ in range(10):
        view = view.zoomed(1 / 0.7, EXTENT)
    assert view.window is None


def test_zooming_in_has_an_end():
    view = View()
    for _ in range(500):
        view = view.zoomed(0.5, EXTENT)
    low, high = view.window
    assert high - low == pytest.approx(1e-4)


@given(st.lists(st.sampled_from(["in", "out", "left", "right"]), max_size=40))
def test_no_key_leads_beyond_the_ends(keys):
    view = View()
    for key in keys:
        if key in ("in", "out"):
            view = view.zoomed(0.7 if key == "in" else 1 / 0.7, EXTENT)
        else:
            view = view.panned(0.2 if key == "right" else -0.2, EXTENT)
        low, high = view.seen(EXTENT)
        assert -1e-9 <= low < high <= 100 + 1e-9


def test_panning_moves_by_a_share_of_the_window_and_stops_at_the_end():
    view = View(window=(20.0, 40.0))
    assert view.panned(0.5, EXTENT).window == (30.0, 50.0)
    assert view.panned(-9.0, EXTENT).window == (0.0, 20.0)
    assert view.panned(9.0, EXTENT).window == (80.0, 100.0)


def test_the_window_follows_the_cursor():
    view = View(window=(20.0, 40.0))
    assert view.with_cursor(30.0, EXTENT).window == (20.0, 40.0)
    assert view.with_cursor(50.0, EXTENT).window == (30.0, 50.0)
    assert view.with_cursor(10.0, EXTENT).window == (10.0, 30.0)


def test_smoothing_has_steps_and_ends():
    view = View()
    seen = [view.weight]
    for _ in range(20):
        view = view.smoother(1)
        seen.append(view.weight)
    assert tuple(dict.fromkeys(seen)) == WEIGHTS
    assert view.smoother(-20).weight == 0.0


def test_the_extent_is_that_of_all_curves():
    assert extent_of([]) == (0.0, 1.0)
    lines = [curve("a", [3, 4], [1, 1]), curve("b", [], []), curve("c", [1, 9], [1, 1])]
    assert extent_of(lines) == (1.0, 9.0)


@given(
    st.lists(st.lists(st.floats(-50, 50), max_size=8), min_size=1, max_size=3),
    st.floats(-60, 60),
    st.floats(0, 5),
)
def test_the_next_point_is_the_nearest_of_any_curve(runs, x, least):
    lines = [curve("a", sorted(run), [1.0] * len(run)) for run in runs]
    every = [value for run in runs for value in run]
    after = min((value for value in every if value >= x + least and value > x), default=None)
    before = max((value for value in every if value <= x - least and value < x), default=None)
    assert neighbour(lines, x, least, forward=True) == after
    assert neighbour(lines, x, least, forward=False) == before


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.001, 10.0], ["0.001", "0.01", "0.1", "1", "10"]),
        ([0.5, 20.0], ["0.5", "1", "2", "5", "10", "20"]),
        ([0.42, 0.48], ["0.42", "0.44", "0.46", "0.48"]),
    ],
)
def test_a_log_axis_has_round_labels_where_they_belong(values, labels):
    axis = log_axis(values, ticks=5)
    assert list(axis.ticks.values()) == labels
    for place, label in axis.ticks.items():
        assert 10**place == pytest.approx(float(label))
        assert axis.low - 1e-9 <= place <= axis.high + 1e-9


def test_a_log_axis_over_many_powers_is_not_crowded():
    assert 2 <= len(log_axis([1e-30, 1e30], ticks=5).ticks) <= 6


def test_a_log_axis_leaves_out_what_has_no_logarithm():
    assert log_axis([-1.0, 0.0, 1.0, 100.0], ticks=4) == log_axis([1.0, 100.0], ticks=4)
