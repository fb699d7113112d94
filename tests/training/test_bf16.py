"""Trials in bf16 score as they do in fp32."""

from __future__ import annotations

from itertools import product
from statistics import fmean

import pytest
import torch
from hums import PITCHES, make_trial

from pft_tui.encoders.load import load_encoder
from pft_tui.training.finetune import FewShotTrainer


def mean_macro_f1(speaker, device, precision, draws):
    """Over the same trials, each on its own draw, from the same weights."""
    trainer = FewShotTrainer(load_encoder("random:tiny"), speaker, device=torch.device(device))
    trials = [
        make_trial(emotion, k=k, trial=draw, epochs=8, patience=8, learning_rate=2e-3, precision=precision)
        for emotion, k, draw in product(PITCHES, (4, 8), range(draws))
    ]
    return fmean(trainer.run(trial, lambda *_: None, lambda: False).macro_f1 for trial in trials)


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
