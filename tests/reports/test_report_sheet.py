import pytest

from pft_tui.errors import UsageError
from pft_tui.reports.catalogue import COLUMNS, REPORTS, named, report
from pft_tui.reports.sheet import plain_sheet, sheet_of
from pft_tui.store.read import Table


def row(k, corpus, delta, trials=20, expected=20):
    return {
        "k": k, "corpus": corpus, "f1_in": 0.5048, "f1_ex": 0.62321, "delta": delta,
        "cells": 4, "expected_cells": 4, "trials": trials, "expected": expected,
    }  # fmt: skip


def test_a_complete_table_1_has_the_columns_of_the_papers():
    sheet = sheet_of(REPORTS["table1"], [row(2, "iemocap", -0.1184), row(4, "iemocap", 0.002)])
    assert [column.header for column in sheet.columns] == ["k", "Corpus", "F1_in", "F1_ex", "Δ"]
    assert sheet.cells == (
        ("2", "iemocap", "0.5048", "0.6232", "−0.1184"),
        ("4", "iemocap", "0.5048", "0.6232", "+0.0020"),
    )


def test_missing_trials_show():
    sheet = sheet_of(REPORTS["table1"], [row(2, "iemocap", None, trials=12), row(2, "esd", 0.1)])
    assert sheet.columns[-1].header == "Trials"
    assert [cells[-2:] for cells in sheet.cells] == [("–", "12/20"), ("+0.1000", "20")]


def test_rows_of_the_same_k_form_a_block():
    sheet = sheet_of(
        REPORTS["table1"], [row(2, "a", 0.1), row(2, "b", 0.1), row(4, "a", 0.1), row(8, "a", 0.1)]
    )
    assert sheet.blocks == {2, 3}


def test_truth_is_written_out():
    of_paper = {
        "k": 2, "corpus": "a", "f1_in": 0.5, "paper_f1_in": 0.6, "f1_ex": 0.4, "paper_f1_ex": 0.7,
        "delta": 0.1, "paper_delta": -0.1, "difference": 0.2, "sign_agrees": False, "rank_agrees": None,
    }  # fmt: skip
    (cells,) = sheet_of(REPORTS["table1_vs_paper"], [of_paper]).cells
    assert cells == (
        "2",
        "a",
        "0.5000",
        "0.6000",
        "0.4000",
        "0.7000",
        "+0.1000",
        "−0.1000",
        "+0.2000",
        "no",
        "–",
    )


def test_a_small_number_is_not_written_as_none():
    values = {"corpus_set": "a", "name": "learning_rate", "epoch": 1, "is_best": None, "n_corpora": 1}
    rows = [{**values, "value": value} for value in (0.0, 0.00005, 0.0000123, -0.0000123, 0.00021)]
    cells = sheet_of(REPORTS["learning_curves"], rows).cells
    assert [cell[3] for cell in cells] == ["0.0000", "0.0001", "1.2e−05", "−1.2e−05", "0.0002"]


def test_a_note_has_a_column_where_there_is_one():
    columns = REPORTS["shapley"].columns
    rows = [dict.fromkeys(columns, 1) | {"note": None}, dict.fromkeys(columns, 1) | {"note": "one speaker"}]
    assert "Note" not in [column.header for column in sheet_of(REPORTS["shapley"], rows[:1]).columns]
    assert [cells[-1] for cells in sheet_of(REPORTS["shapley"], rows).cells] == ["–", "one speaker"]


def test_any_result_is_whole_with_numbers_on_the_right():
    table = Table(
        ("id", "f1", "ok", "none"), ("",) * 4, [("7", 0.1 + 0.2, True, None), ("8", None, False, None)]
    )
    sheet = plain_sheet(table)
    assert [column.look for column in sheet.columns] == ["word", "number", "word", "number"]
    assert sheet.cells == (("7", "0.30000000000000004", "true", "–"), ("8", "–", "false", "–"))


def test_every_report_names_known_columns_and_functions_that_are_there():
    for name, entry in REPORTS.items():
        assert set(entry.columns) <= set(COLUMNS), name
        for target in (entry.figure, entry.statistic, entry.summary):
            assert target is None or callable(named(target)), name


def test_an_unknown_report_is_told_the_nearest_or_all_there_are():
    with pytest.raises(UsageError, match="'table7'") as caught:
        report("table7")
    assert caught.value.hint == "did you mean 'table1'?"
    with pytest.raises(UsageError, match="'nothing like it'") as caught:
        report("nothing like it")
    assert "figure2" in (caught.value.hint or "")
