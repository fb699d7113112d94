"""What is painted: where values stand, what the words say, how fast it is."""

import time
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pft_tui.reports.room import Size
from pft_tui.tui.plot.cells import Cells
from pft_tui.tui.plot.colours import Ground, pale, strong
from pft_tui.tui.plot.painter import Painter, Sheet
from pft_tui.tui.plot.plane import with_room
from pft_tui.tui.plot.series import curve, mean_of
from pft_tui.tui.plot.smoothing import smoothed
from pft_tui.tui.plot.view import View

SMALL, LARGE = Size(80, 24), Size(200, 60)
DARK = Ground((216, 222, 228), (14, 18, 23), is_dark=True, is_poor=False)
LIGHT = Ground((27, 34, 41), (251, 251, 248), is_dark=False, is_poor=False)


def sheet(*series, size=SMALL, view=None, title="loss"):
    return Sheet(tuple(series), view or View(), size, title, "epoch", "No epoch finished yet")


def painted(*series, **named):
    return Painter().paint(sheet(*series, **named))


def lines_of(found):
    return ["".join(line) for line in found.cells.characters]


def inner(found):
    """The characters between the axes."""
    plane = found.plane
    rows = slice(plane.line, plane.line + plane.size.lines)
    return found.cells.characters[rows, plane.column : plane.column + plane.size.columns]


def rising(points=11):
    return curve("loss", range(points), range(points))


@pytest.mark.parametrize("size", [SMALL, LARGE, Size(24, 8), Size(81, 37)])
def test_values_stand_where_the_axes_say(size):
    found = painted(rising(), size=size)
    plane, cells = found.plane, inner(found)
    assert cells[-1, 0] != " "
    assert cells[0, -1] != " "
    text = lines_of(found)
    for value, label in plane.y.ticks.items():
        row = next(place for place, line in enumerate(text) if line.startswith((f"{label}┤", f" {label}┤")))
        share = (plane.y.high - value) / (plane.y.high - plane.y.low)
        assert row == pytest.approx(plane.line + share * (plane.size.lines - 1), abs=0.5001)
    ticks = next(line for line in text if line.lstrip().startswith("└"))
    marked = [place for place, character in enumerate(ticks) if character in "┬"]
    assert len(marked) == len(plane.x.ticks)
    for column, value in zip(marked, plane.x.ticks, strict=True):
        assert plane.x_at(column) == pytest.approx(value, abs=0.51 * plane.step)


def test_the_lowest_and_the_highest_of_a_million_points_are_seen():
    y = np.random.default_rng(0).normal(size=1_000_000)
    y[400_000], y[700_000] = 50.0, -50.0
    found = painted(curve("loss", np.arange(1_000_000), y))
    cells, plane = inner(found), found.plane
    assert (plane.y.low, plane.y.high) == (-50.0, 50.0)
    for x, row in ((400_000, 0), (700_000, -1)):
        column = round(float(plane.across(np.array(float(x)))))
        assert (cells[row, max(column - 1, 0) : column + 2] != " ").any()
    assert (cells[0] != " ").sum() <= 2


def test_a_gap_is_empty():
    found = painted(curve("loss", range(21), [1.0] * 8 + [nan] * 5 + [2.0] * 8))
    plane, cells = found.plane, inner(found)
    empty = [plane.column + place for place, column in enumerate(cells.T) if (column == " ").all()]
    for x in range(8, 13):
        assert min(abs(plane.x_at(column) - x) for column in empty) < plane.step
    assert min(plane.x_at(column) for column in empty) > 7
    assert max(plane.x_at(column) for column in empty) < 13


@pytest.mark.parametrize("values", [[nan, nan], [None, None], [inf, -inf], []])
def test_without_values_it_says_so(values):
    assert lines_of(painted(curve("loss", range(len(values)), values)))[1].startswith("No epoch finished yet")


def test_log_y_without_positive_values_says_so():
    found = painted(curve("loss", [1, 2], [0.0, -1.0]), view=View(log_y=True))
    assert "log y" in lines_of(found)[1]


def test_values_that_are_not_above_zero_are_gaps_of_a_log_axis():
    found = painted(curve("loss", [1, 2, 3], [100.0, 0.0, 1.0]), view=View(log_y=True))
    assert (found.plane.y.low, found.plane.y.high) == (0.0, 2.0)
    assert {"1", "10", "100"} <= set(found.plane.y.ticks.values())
    columns = np.flatnonzero((inner(found) != " ").any(axis=0))
    assert columns.tolist() == [0, found.plane.size.columns - 1]


def test_smoothing_draws_the_smooth_curve_before_the_raw_one():
    y = np.random.default_rng(0).normal(size=40)
    found = painted(curve("loss", range(40), y), view=View(weight=0.9))
    assert {pale(0), strong(0)} <= set(found.cells.styles.ravel().tolist())
    assert f"loss {smoothed(y, 0.9)[-1]:.4g}" in lines_of(found)[1]
    assert "smoothing 0.9" in lines_of(found)[0]


def test_the_cursor_reads_every_curve_that_has_a_point_there():
    one, other = rising(), curve("macro F1", [0, 5, 10], [0.25, nan, 0.75])
    view = View(cursor=10.0)
    assert "loss 10 " in (legend := lines_of(painted(one, other, view=view))[1])
    assert "macro F1 0.75" in legend
    text = lines_of(painted(one, other, view=View(cursor=5.0)))
    assert "loss 5 " in text[1]
    assert "macro F1 –" in text[1]
    assert text[0].rstrip().endswith("epoch 5")
    assert sum("│" in "".join(row) for row in inner(painted(one, view=View(cursor=5.0)))) > 10


def test_the_best_epoch_is_marked_and_named():
    found = painted(curve("loss", range(11), range(11), best=4))
    assert lines_of(found)[0].endswith("┊ best 4")
    column = {found.plane.x_at(found.plane.column + at) for at in np.nonzero(inner(found) == "┊")[1]}
    assert len(column) == 1
    assert column.pop() == pytest.approx(4, abs=found.plane.step / 2 + 1e-9)


def test_words_beside_the_title_are_whole_or_not_there():
    view = View(weight=0.9, log_y=True, cursor=4.0, window=(1.0, 9.0))
    line = curve("loss", range(1, 11), range(1, 11), best=4)
    parts = ["epoch 4", "┊ best 4", "smoothing 0.9", "log y", "1 to 9"]
    for columns in range(24, 80):
        words = lines_of(painted(line, view=view, size=Size(columns, 20)))[0].removeprefix("loss").strip()
        assert words == " · ".join(parts[: len(words.split(" · ")) if words else 0])


def test_a_band_lies_behind_its_mean():
    runs = [curve("run", range(20), np.full(20, value)) for value in (1.0, 3.0)]
    found = painted(mean_of("mean of 2", runs))
    assert (found.plane.y.low, found.plane.y.high) == (1.0, 3.0)
    middle = found.cells.styles[found.plane.line : found.plane.line + found.plane.size.lines, -1]
    assert middle.tolist().count(pale(0)) == len(middle) - 1
    assert middle[len(middle) // 2] == strong(0) or middle[(len(middle) - 1) // 2] == strong(0)


def test_eight_curves_have_eight_markers_and_colours():
    series = [curve(f"run {place}", range(8), [place] * 8) for place in range(8)]
    cells = inner(painted(*series))
    assert set("●▲■◆▼★✚✖") <= set(cells.ravel().tolist())
    for ground in (DARK, LIGHT):
        for is_poor in (False, True):
            colours = [
                Ground(ground.foreground, ground.background, ground.is_dark, is_poor).colour(place)
                for place in range(8)
            ]
            assert len(set(colours)) == 8


@pytest.mark.parametrize("is_dark", [True, False])
def test_the_sixteen_colours_are_told_apart_on_a_terminal_that_has_no_others(is_dark):
    from rich.color import Color, ColorSystem

    ground = DARK if is_dark else LIGHT
    poor = Ground(ground.foreground, ground.background, is_dark, is_poor=True)
    numbers = [
        Color.from_rgb(*poor.colour(place)).downgrade(ColorSystem.STANDARD).number for place in range(8)
    ]
    background = Color.from_rgb(*ground.background).downgrade(ColorSystem.STANDARD).number
    assert len({*numbers, background}) == 9


@pytest.mark.parametrize("ground", [DARK, LIGHT])
def test_every_colour_stands_out_from_the_background(ground):
    """A contrast of 3:1, which WCAG 2.1 asks of graphics; what stands behind may have less."""

    def luminance(colour):
        parts = [part / 255 for part in colour]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for place in range(8):
        bright, dark = sorted(map(luminance, (ground.colour(place), ground.background)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 3.0, place


def test_a_legend_without_room_for_values_has_names_and_counts_what_is_left():
    series = [curve(f"run {place}", [1, 2], [1.5, 2.5]) for place in range(20)]
    some = lines_of(painted(*series[:4], size=Size(40, 11)))[1]
    assert some.split() == ["●", "run", "0", "▲", "run", "1", "■", "run", "2", "◆", "run", "3"]
    text = lines_of(painted(*series, size=Size(60, 12)))
    shown = sum(line.count("run") for line in text[:5])
    assert f"+{20 - shown}" in "".join(text[:5])


@pytest.mark.parametrize("size", [Size(10, 3), Size(23, 40), Size(80, 7)])
def test_without_room_it_says_what_it_needs(size):
    assert lines_of(painted(rising(), size=size))[0].startswith("A plot needs 24 columns"[: size.columns])


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=30),
        max_size=3,
    ),
    st.integers(1, 120),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from([0.0, 0.9]),
    st.one_of(st.none(), st.floats(-5, 40)),
    st.one_of(st.none(), st.tuples(st.floats(0, 10), st.floats(0.001, 20))),
)
def test_nothing_can_make_it_fail(runs, columns, lines, log_y, weight, cursor, window):
    series = [curve("run", range(len(run)), run, best=1.0) for run in runs]
    seen = None if window is None else (window[0], window[0] + window[1])
    view = View(window=seen, log_y=log_y, weight=weight, cursor=cursor)
    found = painted(*series, size=Size(columns, lines), view=view)
    strips = [found.cells.strip(line, DARK.styles(len(series))) for line in range(lines)]
    assert {strip.cell_length for strip in strips} == {columns}
    assert all(sum(segment.cell_length for segment in strip) == columns for strip in strips)


def test_wide_characters_take_two_columns():
    cells = Cells(Size(10, 1))
    assert cells.write(0, 0, "気b") == 3
    assert cells.write(0, 8, "abc") == 10
    assert cells.strip(0, DARK.styles(0)).text == "気b     ab"


def test_only_what_differs_is_drawn_again():
    before, after = painted(rising()), painted(rising(), view=View(cursor=5.0))
    regions = list(after.cells.differences(before.cells))
    assert list(before.cells.differences(painted(rising()).cells)) == []
    in_plane = [region for region in regions if region.y >= after.plane.line]
    assert in_plane
    assert all(region.width <= 2 for region in in_plane)


def test_eight_curves_of_200_points_take_less_than_20_ms():
    rng = np.random.default_rng(0)
    series = [curve(f"run {place}", range(200), rng.normal(size=200).cumsum()) for place in range(8)]
    styles = DARK.styles(8)

    def once():
        found = Painter().paint(sheet(*series, size=Size(100, 30)))
        return [found.cells.strip(line, styles) for line in range(30)]

    assert best_of(once) < 0.020


def test_a_million_points_are_drawn_in_the_time_of_a_key():
    series = curve("loss", np.arange(1_000_000), np.random.default_rng(0).normal(size=1_000_000).cumsum())
    assert best_of(lambda: Painter().paint(sheet(series))) < 0.100
    painter = Painter()
    painter.paint(sheet(series))
    assert best_of(lambda: painter.paint(sheet(series, view=View(cursor=5.0)))) < 0.020


def test_a_new_point_of_a_growing_curve_changes_few_cells():
    def grown(epochs):
        line = curve("loss", range(1, epochs + 1), [1 / epoch for epoch in range(1, epochs + 1)])
        return Painter().paint(replace(sheet(line), is_growing=True))

    found = grown(24)
    assert (found.plane.x.low, found.plane.x.high) == (1.0, 30.0)
    assert (found.plane.y.low, found.plane.y.high) == (0.0, 1.0)
    for epochs in (25, 26, 29):
        regions = list(grown(epochs).cells.differences(grown(epochs - 1).cells))
        in_plane = [region for region in regions if region.y >= found.plane.line]
        assert len(in_plane) <= 8


@given(st.floats(0, 1e9))
def test_room_for_what_is_to_come_is_never_too_little_or_much_too_much(high):
    assert high - 1e-9 <= with_room(high) <= max(10.0, 2 * high)


def best_of(work, times=7):
    """The least CPU time, in seconds, that it takes."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)
