import pytest

from pft_tui.errors import UsageError
from pft_tui.reports.catalogue import COLUMNS, REPORTS, report
from pft_tui.reports.sheet import plain_sheet, sheet_of
from pft_tui.reports.show import _figure
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
        "k": 2, "corpus": "a", "delta": 0.1, "paper_delta": -0.1, "sign_agrees": False,
        "rank": 1, "paper_rank": 2, "rank_agrees": None,
    }  # fmt: skip
    (cells,) = sheet_of(REPORTS["table1_vs_paper"], [of_paper]).cells
    assert cells == ("2", "a", "+0.1000", "−0.1000", "no", "1", "2", "–")


def test_any_result_is_whole_with_numbers_on_the_right():
    table = Table(
        ("id", "f1", "ok", "none"), ("",) * 4, [("7", 0.1 + 0.2, True, None), ("8", None, False, None)]
    )
    sheet = plain_sheet(table)
    assert [column.look for column in sheet.columns] == ["word", "number", "word", "number"]
    assert sheet.cells == (("7", "0.30000000000000004", "true", "–"), ("8", "–", "false", "–"))


def test_every_report_names_known_columns_and_a_figure_that_is_there():
    for name, entry in REPORTS.items():
        assert set(entry.columns) <= set(COLUMNS), name
        assert entry.figure is None or callable(_figure(entry.figure)), name


def test_an_unknown_report_lists_those_there_are():
    with pytest.raises(UsageError, match="'table7'") as caught:
        report("table7")
    assert "figure2" in (caught.value.hint or "")
