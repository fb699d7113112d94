"""What data2vec-audio does its own way: a stack of positional convolutions."""

from __future__ import annotations

from torch import Tensor

from pft_tui.encoders import transformer
from pft_tui.encoders.hugging_face import HfModel


def contextualise(encoder: HfModel, hidden: Tensor, padding: Tensor | None) -> Tensor:
    """As `transformer.contextualise`, with padded frames silenced before every positional convolution."""
    return transformer.contextualise(encoder, hidden, padding, positions=_stacked_positions)


def _stacked_positions(embedding: HfModel, hidden: Tensor, padding: Tensor | None) -> Tensor:
    # A convolution, its bias and its norm all leave something in the padding for the next one to see.
    for layer in embedding.layers:
        hidden = layer(transformer.silence(hidden, padding).transpose(1, 2)).transpose(1, 2)
    return hidden
