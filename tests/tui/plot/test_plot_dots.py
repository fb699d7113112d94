"""Braille: which dots a line sets, against a walk along each segment, and which character that gives."""

from math import nan

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pft_tui.reports.room import Size
from pft_tui.tui.plot.raster import FIRST_CHARACTER, codes, draw_band, draw_line, no_dots

SIZE = Size(6, 3)
ROWS, COLUMNS = 12, 12
PLACES = st.floats(-30, 40)


def line_dots(points, size=SIZE):
    dots = no_dots(size)
    draw_line(dots, np.array([x for x, _ in points], float), np.array([y for _, y in points], float))
    return dots


def text(dots):
    return ["".join(chr(FIRST_CHARACTER + code) for code in line) for line in codes(dots).tolist()]


@pytest.mark.parametrize(
    ("row", "column", "character"),
    [(0, 0, "⠁"), (1, 0, "⠂"), (2, 0, "⠄"), (3, 0, "⡀"), (0, 1, "⠈"), (1, 1, "⠐"), (2, 1, "⠠"), (3, 1, "⢀")],
)
def test_each_dot_has_its_bit(row, column, character):
    dots = no_dots(Size(1, 1))
    dots[row, column] = True
    assert text(dots) == [character]


def test_lines_as_one_would_draw_them():
    assert text(line_dots([(0, 0), (11, 0)])) == ["⠉" * 6, "⠀" * 6, "⠀" * 6]
    assert text(line_dots([(0, 0), (0, 11)])) == ["⡇" + "⠀" * 5] * 3
    assert text(line_dots([(0, 0), (11, 11)])) == ["⠑⢄⠀⠀⠀⠀", "⠀⠀⠑⢄⠀⠀", "⠀⠀⠀⠀⠑⢄"]


@settings(deadline=None)
@given(st.lists(st.tuples(PLACES, st.one_of(PLACES, st.just(nan))), min_size=1, max_size=6))
@example([(1.5, 1.5)])
def test_a_line_sets_the_dots_it_passes_and_no_others(points):
    """Every dot that is set has its middle within a dot of the line; along it no dot is left out."""
    dots = line_dots(points)
    passed = np.zeros_like(dots)
    near = np.zeros_like(dots)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[-1:], strict=True):
        if np.isnan(y0):
            continue
        end = (x0, y0) if np.isnan(y1) else (x1, y1)
        for share in np.linspace(0, 1, 400):
            x, y = x0 + share * (end[0] - x0), y0 + share * (end[1] - y0)
            near |= (abs(columns - x) <= 1.0) & (abs(rows - y) <= 1.0)
            is_midway = x % 1 == 0.5 and y % 1 == 0.5  # between four dots: any of them will do
            if -0.49 < x < COLUMNS - 0.51 and -0.49 < y < ROWS - 0.51 and not is_midway:
                passed[round(y), round(x)] = True
    assert not (dots & ~near).any()
    # Where a line is steep it may set either of two dots side by side, but it skips no line of dots.
    grown = dots.copy()
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        shifted = np.roll(dots, step, axis)
        shifted[(0 if step > 0 else -1,) if axis == 0 else (slice(None), 0 if step > 0 else -1)] = False
        grown |= shifted
    assert not (passed & ~grown).any()


def test_nothing_leads_over_a_gap():
    dots = line_dots([(0, 5), (4, 5), (6, nan), (8, 5), (11, 5)])
    assert dots[5].tolist() == [True] * 5 + [False] * 3 + [True] * 4
    assert dots.sum() == 9


def test_a_point_between_two_gaps_is_a_dot():
    assert line_dots([(0, nan), (6, 5), (11, nan)]).sum() == 1


def test_a_line_far_outside_costs_no_dots():
    dots = line_dots([(-1e12, 6), (1e12, 6)])
    assert dots[6].all()
    assert dots.sum() == COLUMNS
    assert not line_dots([(-1e12, -5), (1e12, -5)]).any()


def test_a_band_is_every_other_dot_between_its_edges():
    dots = no_dots(SIZE)
    upper, lower = np.full(COLUMNS, 3.0), np.full(COLUMNS, 6.0)
    upper[0] = nan
    draw_band(dots, upper, lower)
    assert not dots[:3].any()
    assert not dots[7:].any()
    assert not dots[:, 0].any()
    assert (dots[3:7, 1:].sum(axis=0) == 2).all()
