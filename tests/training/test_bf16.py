"""Trials in bf16 score as they do in fp32."""

from __future__ import annotations

from itertools import product
from statistics import fmean

import pytest
import torch
from hums import PITCHES, make_trial

from pft_tui.encoders.load import load_encoder
from pft_tui.training import arithmetic
from pft_tui.training.finetune import FewShotTrainer


def mean_macro_f1(speaker, device, precision, draws):
    """Over the same trials, each on its own draw, from the same weights."""
    trainer = FewShotTrainer(load_encoder("random:tiny"), speaker, device=torch.device(device))
    trials = [
        make_trial(emotion, k=k, trial=draw, epochs=8, patience=8, learning_rate=2e-3, precision=precision)
        for emotion, k, draw in product(PITCHES, (4, 8), range(draws))
    ]
    return fmean(trainer.run(trial, lambda *_: None, lambda: False).macro_f1 for trial in trials)


@pytest.mark.parametrize(
    ("width", "able", "expected"), [(768, True, "bf16"), (1024, False, "fp32"), (64, True, "fp32")]
)
def test_auto_is_bf16_for_wide_encoders_on_a_cpu_that_multiplies_it(width, able, expected, monkeypatch):
    monkeypatch.setattr(arithmetic, "fast_bf16", lambda: able)
    assert arithmetic.settled("auto", torch.device("cpu"), width) == expected
    assert arithmetic.settled("fp32", torch.device("cpu"), width) == "fp32"
    assert arithmetic.settled("bf16", torch.device("cpu"), width) == "bf16"


@pytest.mark.parametrize(("able", "precision"), [(True, "bf16"), (False, "fp32")])
@pytest.mark.parametrize("recipe", [{}, {"freeze_cnn": True}, {"adapt": "head", "freeze_cnn": True}])
def test_a_trial_by_auto_is_one_by_what_auto_comes_to(able, precision, recipe, speaker, monkeypatch):
    monkeypatch.setattr(arithmetic, "WIDE", 64)
    monkeypatch.setattr(arithmetic, "fast_bf16", lambda: able)
    curves = {}
    for asked in ("auto", precision):
        trainer = FewShotTrainer(load_encoder("random:tiny"), speaker, device=torch.device("cpu"))
        trial = make_trial("Sad", k=4, epochs=2, precision=asked, **recipe)
        rows = curves[asked] = []
        trainer.run(trial, lambda *row, rows=rows: rows.append(row), lambda: False)
    assert curves["auto"] == curves[precision]


@pytest.mark.slow
def test_bf16_scores_as_fp32_does(speaker):
    fp32, bf16 = (mean_macro_f1(speaker, "cpu", precision, draws=3) for precision in ("fp32", "bf16"))
    assert fp32 != bf16
    assert abs(fp32 - bf16) < 0.02  # 24 trials of 24 utterances: one point is six of their predictions


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_bf16_scores_as_fp32_does_over_200_trials_on_a_gpu(speaker):
    fp32, bf16 = (mean_macro_f1(speaker, "cuda", precision, draws=25) for precision in ("fp32", "bf16"))
    assert abs(fp32 - bf16) < 0.01
