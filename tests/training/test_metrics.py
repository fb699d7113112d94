from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from pft_tui.training.metrics import confusion, scores

pairs = st.integers(2, 6).flatmap(
    lambda classes: st.tuples(
        st.just(classes),
        st.lists(
            st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1)), min_size=1, max_size=60
        ),
    )
)


@given(pairs)
def test_scores_are_those_of_scikit_learn(drawn):
    classes, both = drawn
    truth, predicted = (np.array(side) for side in zip(*both, strict=True))
    counts = confusion(torch.from_numpy(truth), torch.from_numpy(predicted), classes)
    ours = scores(counts.numpy())
    assert ours.accuracy == pytest.approx(accuracy_score(truth, predicted), abs=1e-15)
    assert ours.macro_f1 == pytest.approx(
        f1_score(truth, predicted, average="macro", zero_division=0), abs=1e-15
    )
    assert ours.weighted_f1 == pytest.approx(
        f1_score(truth, predicted, average="weighted", zero_division=0), abs=1e-15
    )


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_perfect_predictions_score_exactly_one(truth):
    labels = torch.tensor(truth)
    assert scores(confusion(labels, labels, 5).numpy()).macro_f1 == 1.0


def test_confusion_has_truth_in_rows():
    counts = confusion(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), 3)
    assert counts.tolist() == [[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
