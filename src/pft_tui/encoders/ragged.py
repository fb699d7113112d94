"""Sequences of several lengths in one padded tensor, and sums over what is not padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from pft_tui.errors import EncoderError


@dataclass(frozen=True, slots=True)
class Ragged:
    """Waveforms, CNN features or hidden states of B utterances, padded to the longest.

    `values`: (B, T, ...), zeros after each utterance's end. `lengths`: (B,) int64 on the same device, in
    steps of T (samples or frames). `known` holds the same lengths on the host: with it nothing ever has
    to be read back from the device, and a batch of equal lengths takes the plain path without masks. It
    may be None, where no operation may depend on them, as under `torch.vmap`; every row then counts as
    padded.
    """

    values: Tensor
    lengths: Tensor
    known: tuple[int, ...] | None = None

    @classmethod
    def of(cls, values: Tensor, known: Sequence[int]) -> Self:
        """The padded `values` (B, T, ...) with lengths that are known on the host.

        Raises EncoderError where a row is empty or longer than T.
        """
        lengths = tuple(known)
        if not lengths:
            raise EncoderError("a batch without utterances", hint="give at least one utterance")
        for row, length in enumerate(lengths):
            if not 1 <= length <= values.shape[1]:
                raise EncoderError(
                    f"utterance {row} of a batch has {length} steps of {values.shape[1]}",
                    hint="leave out utterances without samples",
                )
        return cls(values, sent(lengths, values.device), lengths)

    @classmethod
    def pad(cls, sequences: Sequence[Tensor]) -> Self:
        """One batch from B sequences of shape (T_i, ...), padded with zeros."""
        known = [len(sequence) for sequence in sequences]
        if not known:
            raise EncoderError("a batch without utterances", hint="give at least one utterance")
        return cls.of(torch.nn.utils.rnn.pad_sequence(list(sequences), batch_first=True), known)

    @classmethod
    def full(cls, values: Tensor) -> Self:
        """All of `values` (B, T, ...), whatever zeros it may end in."""
        return cls.of(values, (values.shape[1],) * len(values))

    def rows(self, indices: Sequence[int]) -> Ragged:
        """The utterances at `indices`, cut to the longest of them where the lengths are known."""
        at = sent(indices, self.values.device)
        if self.known is None:
            return Ragged(self.values[at], self.lengths[at])
        known = tuple(self.known[index] for index in indices)
        return Ragged(self.values[at, : max(known)], self.lengths[at], known)

    def to(self, device: torch.device | str) -> Ragged:
        """The same batch on another device."""
        return Ragged(self.values.to(device), self.lengths.to(device), self.known)

    @property
    def even(self) -> bool:
        """Whether all utterances are known to be as long as the tensor, so that nothing is padding."""
        return self.known is not None and min(self.known) == self.values.shape[1]

    def padding(self) -> Tensor | None:
        """(B, T) bool, True after each utterance's end; None where all are as long as the tensor."""
        if self.even:
            return None
        return torch.arange(self.values.shape[1], device=self.values.device) >= self.lengths[:, None]

    def pooled(self) -> Tensor:
        """(B, D): the mean of each utterance's own steps, for `values` of shape (B, T, D)."""
        padding = self.padding()
        if padding is None:
            return self.values.mean(1)
        return self.values.masked_fill(padding[..., None], 0).sum(1) / self.lengths[:, None]


def sent(numbers: Sequence[int], device: torch.device) -> Tensor:
    """Numbers from the host, on the device: a blocking copy would wait for all that it has still to do."""
    return torch.tensor(numbers).to(device, non_blocking=True)


def standardise(
    values: Tensor, padding: Tensor | None, lengths: Tensor, epsilon: float
) -> tuple[Tensor, Tensor]:
    """What brings each row's own steps to zero mean and unit variance (the biased one) over the last axis.

    `values` (..., T) and `padding` (..., T) broadcast, as do `lengths` (..., 1) and the rows. Returns the
    centred values (..., T), zero in the padding, and their factors 1/sqrt(variance + epsilon) (..., 1).
    """
    if padding is None:
        centred = values - values.mean(-1, keepdim=True)
        variance = centred.square().mean(-1, keepdim=True)
    else:
        mean = values.masked_fill(padding, 0).sum(-1, keepdim=True) / lengths
        centred = (values - mean).masked_fill(padding, 0)
        variance = centred.square().sum(-1, keepdim=True) / lengths
    return centred, torch.rsqrt(variance + epsilon)
