"""What figures draw says which row it shows, so that a screen can point at it."""

import pytest
from finished_trials import workspace_with
from rich.console import Console

from pft_tui.reports import palette
from pft_tui.reports.catalogue import REPORTS, named
from pft_tui.reports.reading import PLAIN, Reading
from pft_tui.reports.results import of_setting, rows_of, settings
from pft_tui.reports.room import Size
from pft_tui.reports.rows import PLACE

SIZE = Size(110, 36)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return workspace_with(tmp_path_factory.mktemp("places"))


def rows_with_places(workspace, name, *, intervals=False):
    [setting] = settings(workspace, {})
    rows = of_setting(rows_of(workspace, name, REPORTS[name], {}, intervals=intervals), setting)
    return [{**row, PLACE: place} for place, row in enumerate(rows)]


def drawn_at(name, rows, reading=PLAIN):
    """The text that each place is drawn with, and the (line, column) where it begins."""
    console = Console(width=SIZE.columns, color_system="truecolor", legacy_windows=False)
    options = console.options.update(width=SIZE.columns)
    found = {}
    figure = named(REPORTS[name].figure)(rows, SIZE, reading)
    for number, line in enumerate(console.render_lines(figure, options, pad=False)):
        column = 0
        for segment in line:
            if segment.style and PLACE in segment.style.meta:
                found.setdefault(segment.style.meta[PLACE], []).append((number, column, segment.text))
            column += len(segment.text)
    return found


@pytest.mark.parametrize("intervals", [False, True])
def test_figure_2_has_its_markers_there(workspace, intervals):
    rows = rows_with_places(workspace, "figure2", intervals=intervals)
    found = drawn_at("figure2", rows, Reading(intervals=intervals))
    assert found.keys() == set(range(len(rows)))
    shots = sorted({row["k"] for row in rows})
    for place, [(_, _, text)] in found.items():
        assert text == palette.marker(shots.index(rows[place]["k"]))
    at = {(row["k"], row["n_corpora"]): found[place][0] for place, row in enumerate(rows)}
    (higher, right, _), (lower, left, _) = at[8, 3], at[2, 0]
    assert higher < lower
    assert right > left


def test_bars_are_there_over_their_whole_height(workspace):
    rows = rows_with_places(workspace, "figure3")
    found = drawn_at("figure3", rows)
    corpora = sorted({row["corpus"] for row in rows})
    tallest = max(range(len(rows)), key=lambda place: abs(rows[place]["mean_delta"]))
    assert found.keys() == set(range(len(rows)))
    assert len({line for line, _, _ in found[tallest]}) > 3
    for place, parts in found.items():
        texture = palette.texture(corpora.index(rows[place]["corpus"]))
        assert any(texture in text for _, _, text in parts)


@pytest.mark.parametrize("name", ["powerset", "speaker_emotion", "best_sets"])
def test_cells_hold_their_numbers_there(workspace, name):
    rows = rows_with_places(workspace, name)
    column = "delta" if name == "speaker_emotion" else "mean_f1"
    found = drawn_at(name, rows)
    assert found.keys() == set(range(len(rows)))
    for place, [(_, _, text)] in found.items():
        digits = f"{abs(rows[place][column]):.{2 if column == 'delta' else 3}f}".removeprefix("0")
        assert digits in text


def test_both_lines_of_a_panel_are_there(workspace):
    rows = rows_with_places(workspace, "figure4")
    found = drawn_at("figure4", rows)
    assert found.keys() == set(range(len(rows)))
    assert {len(parts) for parts in found.values()} <= {1, 2}
    assert {text for parts in found.values() for _, _, text in parts} <= {
        palette.marker(0),
        palette.marker(1),
    }


def test_without_a_place_nothing_is_said(workspace):
    rows = rows_with_places(workspace, "figure2")
    for row in rows:
        del row[PLACE]
    assert drawn_at("figure2", rows) == {}
