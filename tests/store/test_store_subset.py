"""Tables and figures of some trials alone, or of another score, against plain Python over the same trials."""

import random
from dataclasses import replace
from itertools import product

import duckdb
import plain_tables
import pytest
from plain_tables import Run, agree
from small_grids import power_set, report, result, started, trial

from pft_tui.errors import StoreError
from pft_tui.events import JobFinished
from pft_tui.store.read import connect, held_open, query
from pft_tui.store.subset import ALL, Subset

SPEAKERS = {"0001": "Mandarin", "0002": "Mandarin", "0011": "English", "o'neil": "English"}
SETTING = ("protocol", "method", "encoder", "downstream")
VIEWS = {
    "figure2": (("k", "n_corpora"), "trials, mean_f1, se_f1, expected"),
    "figure3": (("k", "corpus"), "cells, mean_delta, se_delta, expected_cells, trials, expected"),
    "table1": (("k", "corpus"), "f1_in, f1_ex, delta, cells, expected_cells, trials, expected"),
    "ablation": (("k", "corpus"), "f1_all, f1_ex, delta, cells, expected_cells, trials, expected"),
    "figure4": (("language", "emotion", "k"), "no_pft, all_pft, delta, trials, expected"),
    "speaker_emotion": (("speaker", "emotion", "k"), "language, no_pft, all_pft, delta, trials, expected"),
    "powerset": (("corpus_set", "k"), "n_corpora, trials, mean_f1, se_f1, delta_vs_base, pairs, expected"),
}


@pytest.fixture
def grid(store, workspace):
    """A published grid of which three quarters have finished: a (run, its three scores) for each trial."""
    rng = random.Random(3)
    runs, events, trials = [], [], []
    models = power_set(["a", "b", "c"])
    for model, speaker, emotion, k, number in product(models, SPEAKERS, ("happy", "sad"), (2, 8), range(2)):
        spec = trial(model, speaker, emotion, k, number, language=SPEAKERS[speaker])
        scores = {name: rng.random() for name in ("macro_f1", "accuracy", "weighted_f1")}
        if rng.random() < 0.75:
            beside = {name: scores[name] for name in ("accuracy", "weighted_f1")}
            outcome = result(spec, scores["macro_f1"], **beside)
            events += [started(spec.trial_id), outcome, JobFinished(spec.trial_id, outcome.at)]
        else:
            scores = dict.fromkeys(scores)
        setting = (spec.protocol, spec.method, model.encoder.name, spec.downstream.name)
        where = (speaker, SPEAKERS[speaker], emotion, k, number)
        runs.append((Run(setting, frozenset(model.names), *where, None), scores))
        trials.append(spec)
    store.enqueue([], models, trials, exclusive=False)
    report(workspace, events)
    store.ingest()
    store.publish()
    return runs


def runs_of(grid, subset):
    """The runs of the subset, with its score for their F1."""
    return [
        replace(run, f1=scores[subset.metric])
        for run, scores in grid
        if run.language in (subset.languages or (run.language,))
        and run.speaker in (subset.speakers or (run.speaker,))
        and run.emotion in (subset.emotions or (run.emotion,))
        and run.k in (subset.shots or (run.k,))
    ]


def table_of(workspace, view):
    key, values = VIEWS[view]
    rows = query(workspace, f"select {', '.join(SETTING + key)}, {values} from {view}").rows
    return {(row[:4], *row[4 : 4 + len(key)]): row[4 + len(key) :] for row in rows}


@pytest.mark.parametrize(
    "subset",
    [
        ALL,
        Subset(metric="accuracy"),
        Subset(metric="weighted_f1", languages=("Mandarin",)),
        Subset(speakers=("0001", "o'neil"), shots=(8,)),
        Subset(metric="accuracy", speakers=("0002", "0011"), emotions=("sad",), shots=(2, 8)),
    ],
    ids=["all", "accuracy", "language", "speakers", "everything"],
)
def test_every_view_over_a_subset_agrees_with_plain_python(grid, workspace, subset):
    runs = runs_of(grid, subset)
    with held_open(workspace, subset):
        for view in VIEWS:
            assert agree(table_of(workspace, view), getattr(plain_tables, view)(runs)), view


def test_a_subset_without_trials_has_no_rows(grid, workspace):
    with held_open(workspace, Subset(speakers=("nobody",))):
        assert query(workspace, "from figure2").rows == []
        assert query(workspace, "select count(*) from trials").rows == [(256,)]


def test_a_subset_ends_with_its_block(grid, workspace):
    before = query(workspace, "from figure2").rows
    with held_open(workspace, Subset(shots=(2,))):
        assert {row[0] for row in query(workspace, "from figure2").rows} == {2}
        with connect(workspace) as another:
            assert {row[0] for row in another.execute("from figure3").fetchall()} == {2}
    assert query(workspace, "from figure2").rows == before


def test_a_snapshot_of_another_version_says_so(grid, workspace):
    workspace.snapshot.unlink()
    with duckdb.connect(str(workspace.snapshot)) as other:
        other.execute("create table comparable_trials (k integer)")
    with pytest.raises(StoreError, match="another version"), held_open(workspace, Subset(shots=(2,))):
        pass
