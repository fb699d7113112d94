from __future__ import annotations

import pytest
from compared_workspace import SETS, SPEAKERS, compared_workspace, score
from made_trials import made_powerset, pooled, powersets_of

from pft_tui.statistics import tables
from pft_tui.statistics.best_sets import best_sets
from pft_tui.statistics.languages import language_effects, language_interactions
from pft_tui.statistics.shapley import shapley_values
from pft_tui.store.read import query

SPOKEN = {"a": ("English",), "b": ("Mandarin",)}
SETTINGS = [("paper", "finetune", "w2v", "esd"), ("released", "finetune", "w2v", "esd")]
COVERAGE = ["sets", "possible_sets", "cells", "expected_cells", "trials", "expected", "note", *tables.SETTING]


def database_rows(models, setting):
    """The scores of models as rows of the database."""
    return [
        {"k": model.k, "corpora": sorted(model.corpora), "cells": model.cells}
        | dict(zip(tables.SETTING, setting, strict=True))
        for model in pooled(models)
    ]


@pytest.fixture
def models():
    return [made_powerset(seed, ("a", "b"), queued=0.2) for seed in (1, 2)]


@pytest.fixture
def rows(models):
    # Settings and models stand in no order.
    one, other = (database_rows(each, setting) for each, setting in zip(models, SETTINGS, strict=True))
    return [row for pair in zip(other, one, strict=True) for row in pair]


def test_each_setting_has_shapley_values_of_its_own(rows, models):
    table = tables.shapley_table(rows)
    values = [
        value for each in models for powerset in powersets_of(each) for value in shapley_values(powerset)
    ]
    assert len(table) == len(values) == 8
    for row, value in zip(table, values, strict=True):
        assert list(row) == ["k", "corpus", "shapley", "se", "low", "high", "speakers", *COVERAGE]
        assert (row["k"], row["corpus"]) == (value.k, value.corpus)
        assert row["shapley"] == pytest.approx(value.summary.mean)
        assert row["se"] == pytest.approx(value.summary.speaker_se)
        assert (row["low"], row["high"]) == pytest.approx(value.summary.interval)
        assert row["trials"] == value.coverage.trials < row["expected"]
    assert [row["protocol"] for row in table] == ["paper"] * 4 + ["released"] * 4


def test_best_sets_are_rows(rows, models):
    table = tables.best_set_table(rows)
    best = [found for each in models for powerset in powersets_of(each) for found in best_sets(powerset)]
    assert [row["mean_f1"] for row in table] == pytest.approx([found.summary.mean for found in best])
    assert [row["corpus_set"] for row in table[:3]] == ["base", table[1]["corpus_set"], "a+b"]
    assert [row["n_corpora"] for row in table[:3]] == [0, 1, 2]
    assert [row["wins"] for row in table] == [found.wins for found in best]


def test_language_effects_and_interactions_are_rows(rows, models):
    effects = [e for each in models for p in powersets_of(each) for e in language_effects(p, SPOKEN)]
    table = tables.language_table(rows, SPOKEN)
    assert [row["effect"] for row in table] == pytest.approx([e.effect.mean for e in effects])
    assert [row["delta_with"] for row in table] == pytest.approx([e.delta_with for e in effects])
    interactions = [
        i for each in models for p in powersets_of(each) for i in language_interactions(p, SPOKEN)
    ]
    table = tables.interaction_table(rows, SPOKEN)
    assert [row["interaction"] for row in table] == pytest.approx([i.interaction for i in interactions])
    assert [(row["low"], row["high"]) for row in table] == [tuple(i.interval) for i in interactions]


def test_what_is_not_defined_is_empty(rows):
    incomplete = [row for row in rows if row["corpora"] != ["a"]]
    for row in tables.shapley_table(incomplete):
        assert (row["shapley"], row["se"], row["low"], row["high"], row["speakers"]) == (None,) * 4 + (0,)
        assert row["note"] == "3 of 4 sets have scores"
    assert {row["effect"] for row in tables.language_table(incomplete, SPOKEN)} == {None}
    assert {row["interaction"] for row in tables.interaction_table(incomplete, SPOKEN)} == {None}


def test_nothing_is_no_rows():
    assert tables.shapley_table([]) == []


def test_rows_come_from_the_snapshot(tmp_path):
    answer = query(compared_workspace(tmp_path), tables.POWERSET_CELLS)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    table = {(row["k"], row["corpus"]): row for row in tables.shapley_table(rows)}
    cells = [(speaker, emotion) for speaker in SPEAKERS for emotion in ("Angry", "Sad")]
    worth = {
        corpora: sum(score(corpora, *cell, 2, number) for cell in cells for number in range(2)) / 16
        for corpora in SETS
    }
    base, iemocap, mandarin_as, both = (worth[corpora] for corpora in SETS)
    row = table[2, "iemocap"]
    assert row["shapley"] == pytest.approx((iemocap - base + both - mandarin_as) / 2)
    assert (row["encoder"], row["downstream"], row["method"]) == ("tiny", "esd", "finetune")
    # One trial of the model of both corpora has failed.
    assert (table[8, "iemocap"]["trials"], table[8, "iemocap"]["expected"]) == (63, 64)
