"""How much of a device's memory a bundle of trials needs, known before the first of them begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.protocols import Recipe
from pft_tui.registry import ENCODER
from pft_tui.training.arithmetic import autocast
from pft_tui.training.data import RATE, Passes, SpeakerData, by_length
from pft_tui.training.frozen import heard
from pft_tui.training.reproducible import seeded

FLOAT = 4
TRAINED_COPIES = 6
"""Of every trained weight there are: the weight, at first, at its best, its gradient, AdamW's two moments."""
COUNTED_SECONDS = (0.4, 0.8, 1.6)
"""What autograd keeps is counted for utterances of these lengths; for others it lies on the parabola."""
EVEN_TENSORS, RAGGED_TENSORS = 2, 4
"""Tensors as large as the first convolution's output that there are at once: of one alone, of padded ones."""
EVEN_AUDIO, RAGGED_AUDIO, STATE_TENSORS = 4, 2, 5
"""The same for waveforms on their way into the CNN (one is made ready first, a batch is already), and for the
states of a layer of the transformer."""
MARGIN = 1.15
"""What kernels need beside, and what an allocator loses between tensors."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on a device: of weights and what belongs to them, of the largest pass, and of all inputs."""

    weights: int
    passes: int
    inputs: int

    @property
    def total(self) -> int:
        """All of it, with what kernels and the allocator take beside."""
        return round(MARGIN * (self.weights + self.passes + self.inputs))


@dataclass(frozen=True, slots=True)
class Lengths:
    """Samples that are heard of each utterance of a speaker, by split."""

    train: Sequence[int]
    evaluation: Sequence[int]
    test: Sequence[int]

    @classmethod
    def of(cls, data: SpeakerData, recipe: Recipe) -> Lengths:
        """Those of a speaker's data."""
        splits = (data.train, data.evaluation, data.test)
        return cls(*(heard(split.audio, recipe) for split in splits))


def memory_of(encoder: Encoder, recipe: Recipe, k: int, lengths: Lengths, device: torch.device) -> Memory:
    """What trials by `recipe`, with up to `k` utterances each, need of a device, on which the encoder lies.

    The encoder counts. For `lora` it is an upper bound, as autograd keeps less for weights that stay.
    """
    return Memory(
        _weights(encoder, recipe),
        max(_passes(encoder, recipe, k, lengths, device)),
        _inputs(encoder, recipe, k, lengths),
    )


def _weights(encoder: Encoder, recipe: Recipe) -> int:
    whole, cnn = _size(encoder), _size(encoder.model.feature_extractor)
    if recipe.adapt != ENCODER:
        return 2 * whole if recipe.adapt == "lora" else whole  # adapters are in a copy
    frozen = cnn if recipe.freeze_cnn else 0
    return TRAINED_COPIES * (whole - frozen) + frozen


def _size(module: nn.Module) -> int:
    return FLOAT * sum(parameter.numel() for parameter in module.parameters())


def _passes(
    encoder: Encoder, recipe: Recipe, k: int, lengths: Lengths, device: torch.device
) -> Iterator[int]:
    """Bytes of what is done one after the other: making inputs, evaluating, training."""
    passes = Passes.of(encoder, device)
    evaluated = [lengths.evaluation, lengths.test]
    if recipe.freeze_cnn:
        alone = max(map(max, (lengths.train, *evaluated)))
        yield _convolved(encoder, alone, EVEN_TENSORS, EVEN_AUDIO)
    if recipe.adapt == "head":
        evaluated.append(lengths.train)
    for split in evaluated:
        if recipe.adapt != "head":  # all in one tensor, of which batches are made
            yield _inputs_of(encoder, recipe, max(split) * len(split))
        for batch in by_length(split, passes):
            longest = split[batch[-1]]
            each = _contextualised(encoder, longest)
            if not recipe.freeze_cnn:
                each = max(each, _convolved(encoder, longest, RAGGED_TENSORS, RAGGED_AUDIO))
            yield len(batch) * each
    if recipe.adapt != "head":
        longest = max(lengths.train)
        group = min(k, recipe.batch_size * recipe.accumulation, max(1, int(passes.most // longest)))
        once, each_of = _kept_by_autograd(encoder, recipe, device)
        yield once + group * (round(each_of(longest / RATE)) + _attended(encoder, longest))


def _convolved(encoder: Encoder, samples: int, tensors: int, audio: int) -> int:
    """The CNN's pass over an utterance without gradients: its first layer has by far the largest output."""
    config = encoder.model.config
    first = config.conv_dim[0] * samples // config.conv_stride[0]
    return int(FLOAT * (tensors * first + audio * samples))


def _contextualised(encoder: Encoder, samples: int) -> int:
    """The transformer's pass over an utterance without gradients: a layer's states, and its attention."""
    config, [frames] = encoder.model.config, encoder.frames([samples])
    states = STATE_TENSORS * config.hidden_size + 2 * config.intermediate_size
    return int(FLOAT * frames * states) + _attended(encoder, samples)


def _attended(encoder: Encoder, samples: int) -> int:
    """What attention makes for each pair of frames: WavLM's biases, and nothing elsewhere."""
    config, [frames] = encoder.model.config, encoder.frames([samples])
    tensors = 3 * config.num_attention_heads if config.model_type == "wavlm" else 0
    return int(FLOAT * tensors * frames**2)


def _inputs(encoder: Encoder, recipe: Recipe, k: int, lengths: Lengths) -> int:
    """What stays on the device for a bundle, and what was drawn for a trial."""
    if recipe.adapt == "head":
        utterances = len(lengths.train) + len(lengths.evaluation) + len(lengths.test)
        return FLOAT * utterances * (encoder.layers + 1) * encoder.hidden_size
    evaluated = sum(max(split) * len(split) for split in (lengths.evaluation, lengths.test))
    return _inputs_of(encoder, recipe, evaluated + k * max(lengths.train))


def _inputs_of(encoder: Encoder, recipe: Recipe, samples: int) -> int:
    """Waveforms of so many samples, or the CNN's output in their place."""
    config = encoder.model.config
    if not recipe.freeze_cnn:
        return FLOAT * samples
    return int(FLOAT * config.conv_dim[-1] * samples // math.prod(config.conv_stride))


_ByLength = tuple[int, Callable[[float], float]]
_counted: dict[tuple[str, ...], _ByLength] = {}


def _kept_by_autograd(encoder: Encoder, recipe: Recipe, device: torch.device) -> _ByLength:
    """Bytes that autograd keeps of a pass in training: once, and of an utterance of so many seconds.

    Counted once in a process for encoders alike, in passes over short utterances.
    """
    settings = encoder.model.config.to_json_string()
    key = (settings, str(recipe.freeze_cnn), recipe.precision, str(device))
    if key not in _counted:
        counts = [_kept_of_two(encoder, seconds, recipe, device) for seconds in COUNTED_SECONDS]
        curve = np.polynomial.Polynomial.fit(COUNTED_SECONDS, counts, 2).convert()
        once = max(0, round(float(curve(0.0))))
        _counted[key] = (once, lambda seconds: (float(curve(seconds)) - once) / 2)
    return _counted[key]


def _kept_of_two(encoder: Encoder, seconds: float, recipe: Recipe, device: torch.device) -> int:
    """Bytes that autograd keeps of two utterances, the second a little shorter, so that there is padding."""
    length = round(seconds * RATE)
    noise = torch.randn(2, length, generator=torch.Generator().manual_seed(0)).to(device)
    audio = Ragged.of(noise, (length, length - RATE // 20))
    weights = {parameter.untyped_storage().data_ptr() for parameter in encoder.parameters()}
    kept: dict[int, int] = {}

    def count(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with (
        _as_in_training(encoder),
        seeded(0, device),
        autocast(recipe.precision, device, width=encoder.hidden_size),
    ):
        inputs = audio
        if recipe.freeze_cnn:
            with torch.no_grad():
                inputs = encoder.features(audio)
        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            # Nothing is freed before all is counted: what comes out holds on to it.
            states = encoder.contextualise(inputs) if recipe.freeze_cnn else encoder(inputs)
            pooled = states.pooled()
        del pooled, states
    return sum(kept.values())


@contextmanager
def _as_in_training(encoder: Encoder) -> Iterator[None]:
    """Training mode, in which every layer is gone through."""
    config, was_training = encoder.model.encoder.config, encoder.training
    chance, config.layerdrop = config.layerdrop, 0.0
    encoder.train()
    try:
        yield
    finally:
        config.layerdrop = chance
        encoder.train(was_training)
