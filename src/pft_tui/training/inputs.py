"""How a recipe turns audio into what the trained part of an encoder takes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.protocols import Recipe
from pft_tui.training.arithmetic import autocast
from pft_tui.training.data import Audio, by_length, waveforms

Batches = list[tuple[list[int], Ragged]]
"""Inputs in batches, each with the indices of its utterances."""


class Inputs:
    """Makes cropped, normalised waveforms (B, T); or where the CNN is frozen, its output (B, F, C).

    A frozen CNN gives the same output whenever it is asked, so that it is asked once.
    """

    def __init__(self, encoder: Encoder, recipe: Recipe, device: torch.device) -> None:
        self._encoder = encoder
        self._recipe = recipe
        self._device = device

    def batches(self, audio: Sequence[Audio]) -> Batches:
        """The inputs of all utterances, in batches of similar length."""
        whole = self._normalised(audio)
        assert whole.known is not None
        grouped = by_length(whole.known, self._device)
        return [(indices, self._features(whole.rows(indices))) for indices in grouped]

    def together(self, audio: Sequence[Audio]) -> Ragged:
        """The inputs of all utterances as one batch, in their order."""
        if not self._recipe.freeze_cnn:
            return self._normalised(audio)
        rows: dict[int, Tensor] = {}
        for indices, batch in self.batches(audio):
            lengths = batch.known or ()
            rows |= {
                index: values[:length]
                for index, values, length in zip(indices, batch.values, lengths, strict=True)
            }
        return Ragged.pad([rows[index] for index in range(len(audio))])

    def _normalised(self, audio: Sequence[Audio]) -> Ragged:
        recipe = self._recipe
        cropped = waveforms(
            audio, crop_seconds=recipe.crop_seconds, padding=recipe.padding, device=self._device
        )
        return self._encoder.normalise(cropped)

    def _features(self, batch: Ragged) -> Ragged:
        if not self._recipe.freeze_cnn:
            return batch
        with torch.no_grad(), autocast(self._recipe.precision, self._device):
            return self._encoder.features(batch)
