from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_trials import made_trials

from pft_tui.errors import UsageError
from pft_tui.statistics.pairing import Missing, Pair, pair_up
from pft_tui.statistics.trials import Cell, Trial, read_trial

HERE, THERE = Cell("s1", "Angry", 2, 0, 0), Cell("s1", "Angry", 2, 1, 0)
ROW = {"speaker": "s1", "emotion": "Angry", "k": 2, "trial": 0, "seed": 0, "language": "English"}


def test_pairs_share_speaker_emotion_k_trial_and_seed():
    a = [Trial(HERE, "English", 0.5), Trial(THERE, "English", 0.6)]
    b = [Trial(THERE, "English", 0.4), Trial(HERE._replace(seed=1), "English", 0.7)]
    pairs, missing = pair_up(a, b)
    assert pairs == [Pair(THERE, "English", 0.6, 0.4)]
    assert missing == [
        Missing(HERE, "English", "finished", "absent"),
        Missing(HERE._replace(seed=1), "English", "absent", "finished"),
    ]


def test_what_is_missing_says_how_both_trials_stand():
    a = [Trial(HERE, "English", None, "failed")]
    b = [Trial(HERE, "English", None, "queued"), Trial(THERE, "English", None, "without a score")]
    assert pair_up(a, b) == (
        [],
        [
            Missing(HERE, "English", "failed", "queued"),
            Missing(THERE, "English", "absent", "without a score"),
        ],
    )


def test_a_cell_filled_twice_is_refused():
    twice = [Trial(HERE, "English", 0.5), Trial(HERE, "English", 0.6)]
    with pytest.raises(
        UsageError, match="two trials of iemocap fill the same cell: speaker s1, emotion Angry"
    ):
        pair_up([], twice, ("base", "iemocap"))


@pytest.mark.parametrize("seed", range(4))
def test_pairs_of_incomplete_data_are_those_of_an_outer_join(seed):
    generator = np.random.default_rng(seed)
    a, b = (made_trials(generator, missing=0.2, queued=0.2) for _ in range(2))
    pairs, missing = pair_up(a, b)
    left, right = (
        pd.DataFrame([(*trial.cell, trial.score) for trial in side], columns=[*Cell._fields, "score"])
        for side in (a, b)
    )
    joined = left.merge(right, on=list(Cell._fields), how="outer", suffixes=("_a", "_b"))
    both = joined.dropna()
    assert len(pairs) == len(both)
    assert len(missing) == len(joined) - len(both)
    assert np.mean([pair.a - pair.b for pair in pairs]) == pytest.approx((both.score_a - both.score_b).mean())


def test_rows_become_trials():
    assert read_trial({**ROW, "status": "finished", "f1": 0.5}, "f1") == Trial(HERE, "English", 0.5)
    assert read_trial({**ROW, "f1": 0.5}, "f1") == Trial(HERE, "English", 0.5)
    assert read_trial({**ROW, "language": None, "f1": 1}, "f1") == Trial(HERE, "unknown", 1.0)


@pytest.mark.parametrize(
    ("status", "score", "standing"),
    [
        ("queued", None, "queued"),
        ("failed", 0.5, "failed"),
        ("finished", None, "without a score"),
        ("finished", float("nan"), "without a score"),
    ],
)
def test_only_a_finished_trial_with_a_number_has_a_score(status, score, standing):
    assert read_trial({**ROW, "status": status, "f1": score}, "f1") == Trial(HERE, "English", None, standing)
