"""The convolutional front end: waveforms to frames, with a group norm that does not see the padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from pft_tui.encoders.hugging_face import HfConfig, HfModel
from pft_tui.encoders.ragged import Ragged, sent, standardise

Count = TypeVar("Count", int, Tensor)


def frames(samples: Count, kernels: Sequence[int], strides: Sequence[int]) -> Count:
    """How many frames unpadded convolutions make of so many samples: an int, or a tensor of ints."""
    for kernel, stride in zip(kernels, strides, strict=True):
        samples = (samples - kernel) // stride + 1
    return samples


def receptive_field(kernels: Sequence[int], strides: Sequence[int]) -> int:
    """The samples that one frame is made of; fewer make no frame."""
    samples = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        samples = (samples - 1) * stride + kernel
    return samples


def lengthen(waveforms: Ragged, minimum: int) -> Ragged:
    """`waveforms` (B, T) in which no utterance is shorter than `minimum` samples: zeros fill it up."""
    if waveforms.known is not None and min(waveforms.known) >= minimum:
        return waveforms
    missing = max(0, minimum - waveforms.values.shape[1])
    known = waveforms.known and tuple(max(length, minimum) for length in waveforms.known)
    values = nn.functional.pad(waveforms.values, (0, missing))
    return Ragged(values, waveforms.lengths.clamp(min=minimum), known)


def convolve(extractor: HfModel, config: HfConfig, waveforms: Ragged) -> Ragged:
    """Run transformers' feature encoder over `waveforms` (B, T): frames (B, F, C).

    The convolutions are not padded, so that a frame of an utterance sees samples of that utterance only;
    the one thing that mixes them with the padding is the group norm of the first layer.
    """
    kernels, strides = config.conv_kernel, config.conv_stride
    first, *others = extractor.conv_layers
    hidden = waveforms.values[:, None]
    if waveforms.even or not isinstance(first.layer_norm, nn.GroupNorm):
        hidden = first(hidden)
    else:
        lengths, known = _counts(waveforms, kernels[:1], strides[:1])
        hidden = first.activation(group_norm(first.conv(hidden), lengths, known, first.layer_norm))
    for layer in others:
        hidden = layer(hidden)
    return Ragged(hidden.transpose(1, 2), *_counts(waveforms, kernels, strides))


def _counts(
    waveforms: Ragged, kernels: Sequence[int], strides: Sequence[int]
) -> tuple[Tensor, tuple[int, ...] | None]:
    """The frames of each utterance: on the device, and on the host where they are known."""
    if waveforms.known is None:
        return frames(waveforms.lengths, kernels, strides), None
    known = tuple(frames(samples, kernels, strides) for samples in waveforms.known)
    return sent(known, waveforms.lengths.device), known  # one copy, in place of three operations a layer


def group_norm(hidden: Tensor, lengths: Tensor, known: tuple[int, ...] | None, norm: nn.GroupNorm) -> Tensor:
    """Group norm of `hidden` (B, C, T) with each channel a group, over each row's first `lengths` steps.

    What it leaves in the padding means nothing. Where the lengths are known, PyTorch's own kernel goes
    over the utterances one by one, which moves less memory than masking does; else it is masked, in
    float32 as autocast wants it.
    """
    steps = hidden.shape[-1]
    if known is not None:
        # Rows are split off, not sliced: the gradient of a slice is as large as the whole batch.
        alone = [norm(row[..., :own]) for row, own in zip(torch.split(hidden, 1), known, strict=True)]
        padded = [nn.functional.pad(row, (0, steps - row.shape[-1])) for row in alone]
        return torch.cat(padded) if len(padded) > 1 else padded[0]
    padding = torch.arange(steps, device=hidden.device) >= lengths[:, None]
    centred, factor = standardise(hidden.float(), padding[:, None], lengths[:, None, None], norm.eps)
    return torch.addcmul(norm.bias[:, None], centred, factor * norm.weight[:, None])
