"""A linear probe: the encoder stays as it is, and a head learns on what each of its layers says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from pft_tui.encoders.encoder import Encoder
from pft_tui.protocols import Recipe
from pft_tui.training.adaptation import Adapted, Headed, Start
from pft_tui.training.arithmetic import autocast
from pft_tui.training.data import RATE, Audio, by_length, waveforms
from pft_tui.training.head import new_head


class Probe(Headed):
    """A linear head over a weighted sum of the layers' mean states, as in SUPERB (Yang et al. 2021).

    The weights are the softmax of one learned number for each layer, the same for all layers at first.
    """

    def __init__(self, layers: int, head: nn.Linear) -> None:
        super().__init__()
        self.layer_logits = nn.Parameter(torch.zeros(layers, device=head.weight.device))
        self.head = head

    def forward(self, pooled: Tensor) -> Tensor:
        """The logits (B, classes) of mean states (B, layers, width)."""
        logits: Tensor = self.head(torch.einsum("l,blw->bw", self.layer_logits.softmax(0), pooled))
        return logits


class PooledSplit:
    """The mean states of every layer for the utterances of a split, each utterance encoded at most once.

    The split is cut into batches once and for all, and a batch is encoded whole when one of its
    utterances is first asked for, so that an utterance's states do not depend on who asks, nor when.
    """

    def __init__(
        self, encoder: Encoder, audio: Sequence[Audio], recipe: Recipe, device: torch.device
    ) -> None:
        self._encoder, self._audio, self._recipe, self._device = encoder, audio, recipe, device
        most = round(recipe.crop_seconds * RATE)
        self._missing = by_length([min(len(samples), most) for samples in audio], device)
        shape = (len(audio), encoder.layers + 1, encoder.hidden_size)
        self._states = torch.empty(shape, device=device)

    def __call__(self, indices: Sequence[int]) -> Tensor:
        """The states of some utterances: (N, layers + 1, width) float32."""
        asked = set(indices)
        wanted = [batch for batch in self._missing if not asked.isdisjoint(batch)]
        if wanted:
            self._missing = [batch for batch in self._missing if asked.isdisjoint(batch)]
            self._encoder.eval()
            for batch in wanted:
                self._states[batch] = self._encoded(batch)
        return self._states[list(indices)]

    @torch.no_grad()
    def _encoded(self, batch: Sequence[int]) -> Tensor:
        recipe, device = self._recipe, self._device
        audio = [self._audio[index] for index in batch]
        cropped = waveforms(audio, crop_seconds=recipe.crop_seconds, padding=recipe.padding, device=device)
        with autocast(recipe.precision, device):
            return self._encoder.pooled_layers(self._encoder.normalise(cropped))


def adapt(start: Start) -> Adapted[Tensor]:
    """A probe on the encoder as it is; what it learns from is computed once for all trials."""
    encoder, data, device = start.encoder, start.data, start.device
    train, evaluation, test = (
        PooledSplit(encoder, split.audio, start.recipe, device)
        for split in (data.train, data.evaluation, data.test)
    )

    def picker(drawn: Sequence[int]) -> Callable[[Sequence[int]], list[tuple[Sequence[int], Tensor]]]:
        states = train(drawn)
        return lambda places: [(places, states[list(places)])]

    def whole(split: PooledSplit, count: int) -> list[tuple[Sequence[int], Tensor]]:
        return [(range(count), split(range(count)))]

    head = new_head(encoder.hidden_size, start.classes, seed=0).to(device)
    return Adapted(
        model=Probe(encoder.layers + 1, head),
        picker=picker,
        evaluation=whole(evaluation, len(data.evaluation.ids)),
        test=whole(test, len(data.test.ids)),
    )
