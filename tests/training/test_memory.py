"""A bundle of any length leaves nothing behind."""

from __future__ import annotations

import gc
from itertools import cycle, islice

import psutil
import pytest
import torch
from hums import make_split, make_trial

from pft_tui.encoders.load import load_encoder
from pft_tui.training.data import SpeakerData
from pft_tui.training.finetune import FewShotTrainer

CPU = torch.device("cpu")


def live_tensors():
    gc.collect()
    return sum(issubclass(type(item), torch.Tensor) for item in gc.get_objects())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_left_of_2000_trials():
    splits = [make_split(name, 2, seed, 0.03, 0.05) for seed, name in enumerate(("train", "eval", "test"))]
    trainer = FewShotTrainer(load_encoder("random:tiny"), SpeakerData(*splits), device=CPU)
    process, measured = psutil.Process(), []
    for block in range(20):
        freeze, emotion = block % 2 == 1, "all" if block % 5 == 4 else "Sad"
        cells = [
            make_trial(emotion, k=k, trial=trial, epochs=1, freeze_cnn=freeze)
            for k in (2, 4)
            for trial in range(50)
        ]
        for trial in islice(cycle(cells), 100):
            trainer.run(trial, lambda *_: None, lambda: False)
        measured.append((live_tensors(), process.memory_info().rss))
    tensors, memory = zip(*measured, strict=True)
    assert set(tensors[-10:]) <= set(tensors[:10])
    assert memory[-1] - memory[4] < 16 * 2**20
