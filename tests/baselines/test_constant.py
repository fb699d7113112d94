from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from pft_tui.baselines.constant import ConstantBaseline
from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, TrialSpec
from pft_tui.training.data import SpeakerData, Split


def split(name, **counts):
    labels = tuple(label for label, count in counts.items() for _ in range(count))
    ids = tuple(f"{name}{number}" for number in range(len(labels)))
    return Split(ids, [np.ones(10, np.int16)] * len(labels), labels)


DATA = SpeakerData(
    split("train", Angry=5, Happy=5, Sad=5),
    split("evaluation", Angry=1, Happy=4, Sad=2),
    split("test", Angry=6, Happy=3, Sad=1),
)


def trial(emotion):
    return TrialSpec(
        None, "constant", "paper", Recipe(), CorpusRef("esd", "d"), "0011", None, emotion, 4, 0, 0
    )


def run(emotion, data=DATA, stop=False):
    return ConstantBaseline(data).run(trial(emotion), lambda *_: None, lambda: stop)


@pytest.mark.parametrize("emotion", ["Angry", "Happy", "Sad", "all"])
def test_the_best_constant_of_the_evaluation_split_is_measured_on_the_test_split(emotion):
    def macro_f1(truth, choice):
        return f1_score(truth, [choice] * len(truth), average="macro", zero_division=0)

    evaluation, test = (DATA.targets(part, emotion) for part in (DATA.evaluation, DATA.test))
    best = max(range(len(DATA.classes(emotion))), key=lambda choice: macro_f1(evaluation, choice))
    outcome = run(emotion)
    assert outcome.val_macro_f1 == pytest.approx(macro_f1(evaluation, best))
    assert outcome.macro_f1 == pytest.approx(macro_f1(test, best))
    assert outcome.accuracy == pytest.approx(accuracy_score(test, [best] * len(test)))
    assert outcome.weighted_f1 == pytest.approx(
        f1_score(test, [best] * len(test), average="weighted", zero_division=0)
    )
    assert (outcome.epochs, outcome.best_epoch, outcome.examples) == (0, 0, ())


def test_nothing_is_learned_from_the_test_split():
    # The test split alone would choose anger.
    outcome = run("all")
    assert outcome.accuracy == pytest.approx(3 / 10)


def test_of_equals_the_first_class_is_taken():
    even = SpeakerData(DATA.train, split("evaluation", Angry=3, Sad=3), split("test", Angry=1, Sad=3))
    assert run("Sad", even).accuracy == pytest.approx(1 / 4)
    assert run("Angry", even).accuracy == pytest.approx(3 / 4)


def test_a_constant_stops_when_asked_to():
    assert run("Sad", stop=True) is None
