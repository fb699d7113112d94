"""A linear probe: the encoder stays as it is, and a head learns on what each of its layers says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from pft_tui.encoders.ragged import Ragged
from pft_tui.specs import identify
from pft_tui.training.adaptation import Adapted, Headed, Start
from pft_tui.training.arithmetic import autocast
from pft_tui.training.data import Audio, Passes, by_length
from pft_tui.training.feature_cache import Shelf
from pft_tui.training.frozen import FrozenCnn, batch_digest, encoder_digest, heard, shelf_name
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
    utterances is first asked for, so that an utterance's states do not depend on who asks, nor when. On a
    CPU a large encoder takes each utterance alone: it gains nothing by a batch, and those that no trial
    draws are never encoded.
    """

    def __init__(self, audio: Sequence[Audio], layers: FrozenLayers) -> None:
        self._audio, self._layers = audio, layers
        self._lengths = heard(audio, layers.recipe)
        self._missing = by_length(self._lengths, layers.passes)
        self._states = torch.empty((len(audio), *layers.shape), device=layers.device)

    def __call__(self, indices: Sequence[int]) -> Tensor:
        """The states of some utterances: (N, layers + 1, width) float32."""
        asked = set(indices)
        wanted = [batch for batch in self._missing if not asked.isdisjoint(batch)]
        if wanted:
            self._missing = [batch for batch in self._missing if asked.isdisjoint(batch)]
            # Weights that are made of others, or cast to bf16, are made once for all batches.
            with parametrize.cached(), autocast(self._layers.recipe.precision, self._layers.device):
                for batch in wanted:
                    audio = [self._audio[index] for index in batch]
                    self._states[batch] = self._layers(audio, [self._lengths[index] for index in batch])
        return self._states[list(indices)]


class FrozenLayers:
    """The mean states of every layer of an encoder that stays as it is, for a batch of utterances."""

    def __init__(self, start: Start) -> None:
        encoder, kept = start.encoder, start.kept
        self.recipe, self.device = start.recipe, start.device
        self.shape = (encoder.layers + 1, encoder.hidden_size)
        self.passes = Passes.of(encoder, start.device)
        self.encoder = encoder
        self._cnn = FrozenCnn(encoder, start.recipe, start.device, kept)
        self._shelf: Shelf | None = None
        if kept is not None:
            part = identify("layers", encoder_digest(encoder))
            self._shelf = kept.cache.shelf(shelf_name(part, encoder, start.recipe, start.device, kept))

    def __call__(self, audio: Sequence[Audio], lengths: Sequence[int]) -> Tensor:
        """The states (B, layers + 1, width) float32 of utterances of which so much is heard."""
        if self._shelf is None:
            return self._computed(audio, lengths)
        name = batch_digest(audio, lengths)
        found = self._shelf.get(name)
        if found is not None:
            return found.to(self.device)
        states = self._computed(audio, lengths)
        self._shelf.put(name, states)
        return states

    def _computed(self, audio: Sequence[Audio], lengths: Sequence[int]) -> Tensor:
        self.encoder.eval()
        features = Ragged.pad(self._cnn(audio, lengths))
        with torch.inference_mode(), autocast(self.recipe.precision, self.device):
            return self.encoder.pooled_layers(features)


def adapt(start: Start) -> Adapted[Tensor]:
    """A probe on the encoder as it is; what it learns from is computed once for all trials."""
    encoder, data = start.encoder, start.data
    layers = FrozenLayers(start)
    train, evaluation, test = (
        PooledSplit(split.audio, layers) for split in (data.train, data.evaluation, data.test)
    )

    def picker(drawn: Sequence[int]) -> Callable[[Sequence[int]], list[tuple[Sequence[int], Tensor]]]:
        states = train(drawn)
        return lambda places: [(places, states[list(places)])]

    def whole(split: PooledSplit, count: int) -> list[tuple[Sequence[int], Tensor]]:
        return [(range(count), split(range(count)))]

    head = new_head(encoder.hidden_size, start.classes, seed=0).to(start.device)
    return Adapted(
        model=Probe(encoder.layers + 1, head),
        picker=picker,
        evaluation=whole(evaluation, len(data.evaluation.ids)),
        test=whole(test, len(data.test.ids)),
    )
