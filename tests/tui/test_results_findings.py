"""What the Results screen finds for a wish, how it is stepped through, and which trials are behind it."""

from statistics import fmean

import pytest
from finished_trials import score, workspace_with

from pft_tui.reports.trials import trials
from pft_tui.store.subset import Subset
from pft_tui.tui.results.findings import find
from pft_tui.tui.results.pointing import neighbour, pointable, trials_behind
from pft_tui.tui.results.wish import Wish, wish_from


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """A workspace in which every trial of a small grid has finished."""
    return workspace_with(tmp_path_factory.mktemp("complete"))


def test_steps_go_through_the_rows_and_between_the_lines(complete):
    powerset = find(complete, Wish("powerset"))
    keys = [(row["corpus_set"], row["k"]) for row in powerset.rows]
    start = keys.index(("iemocap", 2))
    assert keys[neighbour(powerset, range(len(keys)), start, 1, 0)] == ("iemocap", 8)
    assert keys[neighbour(powerset, range(len(keys)), start, 0, -1)] == ("base", 2)
    assert keys[neighbour(powerset, range(len(keys)), start, 0, 1)] == ("mandarin_as", 2)
    assert neighbour(powerset, range(len(keys)), 0, 0, -1) == 0
    assert neighbour(powerset, range(len(keys)), 0, -1, 0) == 0
    assert neighbour(powerset, range(len(keys)), len(keys) - 1, 1, 0) == len(keys) - 1


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("figure2", "mean_f1"),
        ("figure3", "mean_delta"),
        ("figure4", "delta"),
        ("table1", "delta"),
        ("ablation", "delta"),
        ("powerset", "mean_f1"),
        ("speaker_emotion", "delta"),
        ("table1_vs_paper", "delta"),
    ],
)
@pytest.mark.parametrize("subset", [Subset(), Subset(speakers=("0011",), emotions=("Sad",), shots=(8, 2))])
def test_behind_a_number_are_as_many_trials_as_it_counts(complete, name, column, subset):
    found = find(complete, Wish(name, subset=subset))
    assert found.rows
    for place, row in enumerate(found.rows):
        behind = trials(complete, trials_behind(found, place, column), "k")
        assert len(behind.rows) == row["trials"], row


def test_a_line_of_which_nothing_is_drawn_is_passed_over(complete):
    figure2 = find(complete, Wish("figure2"))
    assert [row["k"] for row in figure2.rows] == [2] * 4 + [8] * 4
    assert pointable(figure2, {1, 2}) == [0, 1, 2, 3]
    assert pointable(figure2, {0, 7}) == list(range(8))
    assert pointable(figure2, ()) == []
    assert neighbour(figure2, [4, 5, 6, 7], 4, -1, 0) == 4
    assert neighbour(figure2, [4, 5, 6, 7], 5, 0, 1) == 5


def test_behind_a_number_are_trials_of_its_own_setting_alone(tmp_path):
    workspace = workspace_with(tmp_path, protocols=("paper", "released"))
    for protocol in ("paper", "released"):
        found = find(workspace, Wish("figure2", (protocol, "tiny", "esd")))
        choice = trials_behind(found, 3, "mean_f1")
        assert (choice["protocol"], choice["encoder"], choice["downstream"]) == (
            [protocol],
            ["tiny"],
            ["esd"],
        )
        behind = trials(workspace, choice, "k")
        assert {row[behind.columns.index("protocol")] for row in behind.rows} == {protocol}
        assert len(behind.rows) == found.rows[3]["trials"]


@pytest.mark.parametrize(
    ("name", "column", "mean"),
    [
        ("table1", "f1_in", "f1_in"),
        ("table1", "f1_ex", "f1_ex"),
        ("ablation", "f1_all", "f1_all"),
        ("ablation", "f1_ex", "f1_ex"),
        ("figure4", "no_pft", "no_pft"),
        ("speaker_emotion", "all_pft", "all_pft"),
        ("powerset", "mean_f1", "mean_f1"),
        ("best_sets", "mean_f1", "mean_f1"),
    ],
)
def test_the_mean_of_the_trials_behind_a_number_is_that_number(complete, name, column, mean):
    found = find(complete, Wish(name))
    assert found.rows
    for place, row in enumerate(found.rows):
        behind = trials(complete, trials_behind(found, place, column), "k")
        at = behind.columns.index("macro_f1")
        assert fmean(each[at] for each in behind.rows) == pytest.approx(row[mean])


def test_incomplete_results_say_how_much_there_is(tmp_path):
    workspace = workspace_with(
        tmp_path, lambda corpora, trial: None if trial.trial and corpora else score(corpora, trial)
    )
    found = find(workspace, Wish("figure2"))
    assert "72 of 128 trials finished" in found.sheet.notes[0]
    assert [cells[2] for cells in found.sheet.cells[:2]] == ["8", "12/24"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"report": "figure9", "subset": 3},
        {"setting": ["a"], "subset": {"shots": ["2", None], "metric": 1}},
    ],
)
def test_odd_memories_are_forgotten(data):
    assert wish_from(data) == Wish()


def test_a_wish_comes_back_from_plain_data():
    wish = Wish("powerset", ("paper", "tiny", "esd"), Subset("accuracy", shots=(2, 8)), True, True, True)
    assert wish_from(wish.as_data()) == wish
