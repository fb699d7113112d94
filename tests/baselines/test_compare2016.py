from __future__ import annotations

import sys

import numpy as np
import opensmile
import pytest
import torch

from pft_tui.baselines.compare2016 import Compare2016Baseline, Standardiser, functionals
from pft_tui.errors import SpecError
from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, TrialSpec
from pft_tui.training.data import SpeakerData, Split

CPU = torch.device("cpu")


def tones(name, each, seed):
    """Utterances whose pitch tells the emotion."""
    rng = np.random.default_rng(seed)
    labels = ("Sad",) * each + ("Happy",) * each
    time = np.arange(8000) / 16_000
    audio = [
        (9000 * np.sin(2 * np.pi * rng.normal(110 if label == "Sad" else 280, 8) * time)).astype(np.int16)
        + rng.integers(-300, 300, 8000, dtype=np.int16)
        for label in labels
    ]
    return Split(tuple(f"{name}{number}" for number in range(2 * each)), audio, labels)


@pytest.fixture(scope="module")
def data():
    return SpeakerData(tones("train", 6, 1), tones("evaluation", 12, 2), tones("test", 5, 3))


def trial(k=8, number=0, **recipe):
    recipe = Recipe(**{"epochs": 20, "patience": 20, **recipe})
    return TrialSpec(
        None, "compare2016", "paper", recipe, CorpusRef("esd", "d"), "0011", None, "Sad", k, number, 0
    )


def run(baseline, spec, rows=None, stop=lambda: False):
    def report(epoch, step, values):
        if rows is not None:
            rows.append((epoch, step, dict(values)))

    outcome = baseline.run(spec, report, stop)
    return outcome and {name: getattr(outcome, name) for name in outcome.__slots__ if name != "seconds"}


def test_pitch_is_learned_from_the_functionals(data):
    rows = []
    outcome = run(Compare2016Baseline(data, device=CPU), trial(), rows)
    assert outcome["macro_f1"] > 0.85
    assert outcome["epochs"] == len(rows)
    assert len(outcome["examples"]) == 8


def test_a_trial_alone_is_the_same_trial_among_others(data):
    packed = Compare2016Baseline(data, device=CPU)
    specs = [trial(k=2), trial(k=4, number=1), trial(k=8, epochs=3)]
    together = [run(packed, spec) for spec in specs]
    assert [run(packed, spec) for spec in reversed(specs)][::-1] == together
    torch.manual_seed(9)
    assert run(Compare2016Baseline(data, device=CPU), specs[1]) == together[1]


def test_functionals_are_those_that_opensmile_computes_of_the_cropped_utterance(data):
    smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.Functionals)
    samples = data.train.audio[0]
    expected = smile.process_signal(samples[:4000] / 32768, 16_000).to_numpy()[0]
    np.testing.assert_allclose(functionals(smile, samples, 0.25), expected, rtol=1e-5)
    np.testing.assert_allclose(
        functionals(smile, (samples / 32768).astype(np.float32), 0.25), expected, rtol=1e-5
    )


@pytest.mark.parametrize("length", [1, 200, 1000])
@pytest.mark.parametrize("level", [0, 1000])
def test_the_shortest_and_quietest_utterances_have_functionals(length, level):
    smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.Functionals)
    features = functionals(smile, np.full(length, level, np.int16), 5.0)
    assert features.shape == (6373,)
    assert np.isfinite(features).all()


def test_features_are_standardised_on_the_examples_alone():
    rng = np.random.default_rng(0)
    examples = rng.normal([1e12, -3.0, 5.0], [1e10, 2.0, 0.0], (8, 3))
    scale = Standardiser(examples)
    standard = scale(examples)
    np.testing.assert_allclose(standard[:, :2].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(standard[:, :2].std(0), 1, rtol=1e-5)
    np.testing.assert_array_equal(standard[:, 2], 0)
    assert scale(np.array([[9e99, -3.0, 7.0]])).tolist()[0][::2] == [5.0, 2.0]


def test_two_equal_examples_give_finite_features():
    standard = Standardiser(np.full((2, 3), 0.1))(np.array([[0.1, 0.2, 1e30]]))
    assert np.isfinite(standard).all()


def test_a_trial_stops_when_asked_to(data):
    steps = iter(range(1))
    assert run(Compare2016Baseline(data, device=CPU), trial(), stop=lambda: next(steps, None) is None) is None


def test_a_missing_opensmile_names_the_extra(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "opensmile", None)
    with pytest.raises(SpecError, match=r"needs openSMILE \(pip install 'pft-tui\[compare\]'"):
        Compare2016Baseline(data, device=CPU)
