"""How a recipe turns audio into what the trained part of an encoder takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.protocols import Recipe
from pft_tui.training.arithmetic import autocast
from pft_tui.training.data import WIDTH_STEP, Audio, by_length, host_lengths, rows, waveforms

Batches = list[tuple[list[int], Ragged]]
"""Inputs in batches, each with the indices of its utterances."""
FRAME_STEP = 5
"""What `WIDTH_STEP` is for waveforms, for frames of the CNN."""


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
        grouped = by_length(host_lengths(whole), self._device)
        return [(indices, self._features(rows(whole, indices, WIDTH_STEP))) for indices in grouped]

    def picker(self, audio: Sequence[Audio]) -> Callable[[Sequence[int]], Batches]:
        """The inputs of all utterances, ready to be picked by their indices, in batches of similar length."""
        whole = self._normalised(audio)
        lengths, width_step = host_lengths(whole), WIDTH_STEP
        if self._recipe.freeze_cnn:
            whole, width_step = self._whole_features(whole), FRAME_STEP

        def pick(indices: Sequence[int]) -> Batches:
            grouped = by_length([lengths[index] for index in indices], self._device)
            chosen = [[indices[place] for place in places] for places in grouped]
            return [(members, rows(whole, members, width_step)) for members in chosen]

        return pick

    def _whole_features(self, normalised: Ragged) -> Ragged:
        """The CNN's output for all utterances in one tensor, made in batches."""
        features: dict[int, Tensor] = {}
        for indices in by_length(host_lengths(normalised), self._device):
            batch = self._features(rows(normalised, indices, WIDTH_STEP))
            for index, values, frames in zip(indices, batch.values, host_lengths(batch), strict=True):
                features[index] = values[:frames]
        return Ragged.pad([features[index] for index in range(len(features))])

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
