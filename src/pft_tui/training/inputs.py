"""How a recipe turns audio into what the trained part of an encoder takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.protocols import Recipe
from pft_tui.training.data import WIDTH_STEP, Audio, Passes, by_length, rows, waveforms
from pft_tui.training.frozen import FrozenCnn, heard

Batches = list[tuple[list[int], Ragged]]
"""Inputs in batches, each with the indices of its utterances."""
FRAME_STEP = 5
"""What `WIDTH_STEP` is for waveforms, for frames of the CNN."""
SAMPLES_A_FRAME = WIDTH_STEP // FRAME_STEP


class Inputs:
    """Makes cropped, normalised waveforms (B, T); or where there is a frozen CNN, its output (B, F, C)."""

    def __init__(self, encoder: Encoder, recipe: Recipe, device: torch.device, cnn: FrozenCnn | None) -> None:
        self._encoder = encoder
        self._recipe = recipe
        self._device = device
        self._cnn = cnn
        self._passes = Passes.of(encoder, device)

    def batches(self, audio: Sequence[Audio]) -> Batches:
        """The inputs of all utterances, in batches of similar length."""
        return self._picker(audio, self._passes.step)(range(len(audio)))

    def picker(self, audio: Sequence[Audio]) -> Callable[[Sequence[int]], Batches]:
        """The inputs of utterances to train on, ready to be picked by their indices, in batches as above."""
        return self._picker(audio, self._passes.training_step)

    def _picker(self, audio: Sequence[Audio], step: int) -> Callable[[Sequence[int]], Batches]:
        lengths = heard(audio, self._recipe)
        if self._cnn is None:
            whole, width_step = self._normalised(audio), step
        else:
            whole, width_step = Ragged.pad(self._cnn(audio, lengths)), max(1, step // SAMPLES_A_FRAME)

        def pick(indices: Sequence[int]) -> Batches:
            grouped = by_length([lengths[index] for index in indices], self._passes)
            chosen = [[indices[place] for place in places] for places in grouped]
            return [(members, rows(whole, members, width_step)) for members in chosen]

        return pick

    def _normalised(self, audio: Sequence[Audio]) -> Ragged:
        recipe = self._recipe
        cropped = waveforms(
            audio, crop_seconds=recipe.crop_seconds, padding=recipe.padding, device=self._device
        )
        return self._encoder.normalise(cropped)
