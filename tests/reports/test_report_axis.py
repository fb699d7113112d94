import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pft_tui.reports.axis import category_axis, value_axis

finite = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)


@given(st.lists(finite, min_size=2, max_size=20), st.integers(2, 12))
def test_ticks_are_round_and_on_the_axis(values, ticks):
    axis = value_axis(values, ticks=ticks)
    positions = list(axis.ticks)
    assert axis.low <= min(values)
    assert axis.high >= max(values)
    slack = 1e-9 * (axis.high - axis.low)
    assert all(axis.low - slack <= position <= axis.high + slack for position in positions)
    assert len(positions) <= ticks + 1
    assert {f"{b - a:.4e}"[:6] for a, b in pairwise(positions)} <= {"1.0000", "2.0000", "5.0000"}


@given(st.lists(finite, min_size=2, max_size=20), st.integers(2, 12))
def test_a_label_says_where_its_tick_is(values, ticks):
    axis = value_axis(values, ticks=ticks)
    for position, label in axis.ticks.items():
        assert math.isclose(float(label.replace("−", "-")), position, rel_tol=1e-9, abs_tol=1e-12)


def test_a_single_value_lies_inside():
    axis = value_axis([0.5], ticks=4)
    assert axis.low < 0.5 < axis.high
    assert axis.ticks


def test_zero_alone_and_nothing_at_all_have_an_axis():
    assert value_axis([0.0], ticks=4).high > 0
    assert value_axis([None, math.nan, math.inf], ticks=4).ticks


def test_what_is_no_number_does_not_stretch_the_axis():
    assert value_axis([1.0, 2.0, None, math.nan, -math.inf], ticks=4) == value_axis([1.0, 2.0], ticks=4)


def test_negative_labels_have_a_minus_sign_and_zero_none():
    assert list(value_axis([-0.02, 0.02], ticks=4).ticks.values()) == [
        "−0.02",
        "−0.01",
        "0.00",
        "0.01",
        "0.02",
    ]


def test_categories_have_a_margin():
    axis = category_axis({0.0: "a", 4.0: "b"}, margin=0.5)
    assert (axis.low, axis.high, axis.label_width) == (-0.5, 4.5, 1)


def test_padded_labels_line_axes_up():
    assert list(category_axis({0.0: "7"}).padded(3).ticks.values()) == ["  7"]
