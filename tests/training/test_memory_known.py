"""The memory that trials need is known before they begin."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
import torch
from hums import make_trial
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pft_tui.encoders.load import load_encoder
from pft_tui.training.data import SpeakerData, Split
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.memory import Lengths, memory_of

CPU = torch.device("cpu")
WAYS = {
    "paper": {},
    "frozen-cnn": {"freeze_cnn": True},
    "head": {"adapt": "head", "freeze_cnn": True, "batch_size": 64, "accumulation": 1},
    "lora": {"adapt": "lora", "freeze_cnn": True},
}


class Peak(TorchDispatchMode):
    """The most bytes of tensors that there were at once: of those given, and those made while it is on."""

    def __init__(self, given):
        super().__init__()
        self._live, self._now, self.most = set(), 0, 0
        for tensor in given:
            self._count(tensor.untyped_storage())

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        made = operation(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return made

    def _count(self, storage):
        key = storage._cdata
        if key not in self._live:
            self._live.add(key)
            self._now += storage.nbytes()
            self.most = max(self.most, self._now)
            weakref.finalize(storage, self._drop, key, storage.nbytes())

    def _drop(self, key, size):
        self._live.discard(key)
        self._now -= size


def speaker_of(seconds, each):
    rng, splits = np.random.default_rng(0), []
    for name, count in zip(("train", "evaluation", "test"), each, strict=True):
        lengths = rng.uniform(0.9 * seconds, seconds, count)
        audio = [rng.normal(0, 1000, round(16_000 * length)).astype(np.int16) for length in lengths]
        labels = tuple("Sad" if number % 2 else "Happy" for number in range(count))
        splits.append(Split(tuple(f"{name}{number}" for number in range(count)), audio, labels))
    return SpeakerData(*splits)


def trial_of(way, k):
    recipe = {"epochs": 1, "patience": 1, **WAYS[way]}
    return make_trial("Sad", k=k, **recipe)


def measured(name, data, trial):
    """The most bytes of tensors while a trial runs, its encoder's among them."""
    encoder = load_encoder(name)
    with Peak(encoder.parameters()) as peak:
        FewShotTrainer(encoder, data, device=CPU).run(trial, lambda *_: None, lambda: False)
    return peak.most


@pytest.mark.parametrize(
    ("name", "seconds", "each", "k"),
    [
        ("random:tiny", 5.0, (8, 4, 6), 8),
        ("random:tiny", 2.0, (6, 40, 60), 4),
        ("random:wavlm-tiny", 3.0, (8, 4, 6), 8),
        ("random:data2vec-tiny", 3.0, (8, 4, 6), 8),
        ("random:hubert-tiny-ln", 3.0, (8, 4, 6), 8),
        pytest.param("random:base", 2.0, (4, 2, 2), 4, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("way", list(WAYS))
def test_what_is_predicted_is_never_less_and_not_much_more_than_what_is_used(name, seconds, each, k, way):
    data, trial = speaker_of(seconds, each), trial_of(way, k)
    predicted = memory_of(load_encoder(name), trial.recipe, k, Lengths.of(data, trial.recipe), CPU)
    used = measured(name, data, trial)
    assert used <= predicted.total
    if way != "lora":  # said to be an upper bound
        assert predicted.total <= 1.3 * used


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("way", ["paper", "frozen-cnn", "head"])
def test_what_is_predicted_holds_on_a_gpu(way):
    device, data, trial = torch.device("cuda"), speaker_of(3.0, (16, 20, 30)), trial_of(way, 16)
    encoder = load_encoder("random:base").to(device)
    predicted = memory_of(encoder, trial.recipe, 16, Lengths.of(data, trial.recipe), device).total
    torch.cuda.reset_peak_memory_stats(device)
    FewShotTrainer(encoder, data, device=device).run(trial, lambda *_: None, lambda: False)
    used = torch.cuda.max_memory_allocated(device)
    assert used <= predicted <= 1.3 * used
