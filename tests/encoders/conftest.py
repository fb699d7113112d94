from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import AutoFeatureExtractor, AutoModel

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged


@dataclass(frozen=True)
class Pair:
    """Our encoder, and the untouched model of transformers with its extractor, read from one folder."""

    ours: Encoder
    model: torch.nn.Module
    extractor: Callable[..., dict]

    def alone(self, waveform: Tensor) -> Tensor:
        """What transformers makes of one utterance: (F, D)."""
        extracted = self.extractor(waveform.numpy(), sampling_rate=16_000, return_tensors="pt")
        values = torch.as_tensor(extracted["input_values"]).reshape(1, -1)
        missing = max(0, 400 - values.shape[1])
        return self.model(torch.nn.functional.pad(values, (0, missing))).last_hidden_state[0]

    def together(self, waveforms: list[Tensor]) -> Ragged:
        """What we make of all of them in one batch."""
        return self.ours(self.ours.normalise(Ragged.pad(waveforms)))


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def saved(tmp_path_factory) -> Callable[..., Path]:
    """Folders of random encoders, with weights stirred so that no bias is zero and no norm the identity."""
    root = tmp_path_factory.mktemp("encoders")

    def save(name: str, stir: float = 0.1) -> Path:
        folder = root / name.replace(":", "-")
        if not folder.exists():
            encoder = load_encoder(name)
            generator = torch.Generator().manual_seed(1)
            with torch.no_grad():
                for parameter in encoder.parameters():
                    parameter += stir * torch.randn(parameter.shape, generator=generator)
            encoder.save(folder)
        return folder

    return save


@pytest.fixture
def pair(saved) -> Callable[..., Pair]:
    def make(name: str, stir: float = 0.1) -> Pair:
        folder = saved(name, stir)
        model = AutoModel.from_pretrained(folder).eval()
        return Pair(load_encoder(str(folder)), model, AutoFeatureExtractor.from_pretrained(folder))

    return make


@pytest.fixture
def speech() -> Callable[..., list[Tensor]]:
    """Utterances of so many samples, each at its own level and with its own offset."""

    def make(*lengths: int, seed: int = 0) -> list[Tensor]:
        generator = torch.Generator().manual_seed(seed)
        waveforms = []
        for row, length in enumerate(lengths):
            noise = torch.randn(length, generator=generator)
            swell = torch.sin(torch.arange(length) / 2000.0 + row)
            waveforms.append(0.02 * (row + 1) * noise * (1.2 + swell) + 0.01 * row)
        return waveforms

    return make
