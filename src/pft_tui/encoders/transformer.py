"""The transformer of the wav2vec 2.0 family over padded frames, driving transformers' own modules."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from pft_tui.encoders.hugging_face import HfModel

# Each takes a module of transformers, hidden states (B, F, D) and the padding (B, F), and returns (B, F, D).
Positions = Callable[[HfModel, Tensor, Tensor | None], Tensor]
Layers = Callable[[HfModel, Tensor, Tensor | None], Tensor]
Contextualise = Callable[[HfModel, Tensor, Tensor | None], Tensor]


def silence(hidden: Tensor, padding: Tensor | None) -> Tensor:
    """`hidden` (B, F, D) with zeros where `padding` (B, F) is True."""
    return hidden if padding is None else hidden.masked_fill(padding[..., None], 0)


def conv_positions(embedding: HfModel, hidden: Tensor, padding: Tensor | None) -> Tensor:
    """The positional convolution over `hidden` (B, F, D), which must see zeros past each utterance's end."""
    batch_norm = getattr(embedding, "batch_norm", None)
    if batch_norm is not None:  # some HuBERTs; it moves the zeros that it is given
        hidden = silence(batch_norm(hidden.transpose(1, 2)).transpose(1, 2), padding)
    convolved = embedding.conv(hidden.transpose(1, 2))
    positions: Tensor = embedding.activation(embedding.padding(convolved)).transpose(1, 2)
    return positions


def dropped(encoder: HfModel) -> bool:
    """Whether layerdrop skips the next layer: drawn on the host, from torch's own generator."""
    chance = encoder.config.layerdrop
    return bool(encoder.training and chance > 0 and torch.rand([]) < chance)


def attend(encoder: HfModel, hidden: Tensor, padding: Tensor | None) -> Tensor:
    """The stack of layers over `hidden` (B, F, D): no query attends to a padded key."""
    mask = None
    if padding is not None:  # to be added: every layer would make the same of a mask of bools
        mask = torch.zeros_like(padding, dtype=hidden.dtype).masked_fill_(padding, -torch.inf)
        mask = mask[:, None, None, :].expand(-1, 1, hidden.shape[1], -1)
    for layer in encoder.layers:
        if not dropped(encoder):
            hidden = layer(hidden, attention_mask=mask)
    return hidden


def contextualise(
    encoder: HfModel,
    hidden: Tensor,
    padding: Tensor | None,
    *,
    positions: Positions = conv_positions,
    layers: Layers = attend,
) -> Tensor:
    """The hidden states (B, F, D) of projected frames `hidden` (B, F, D), as `encoder` makes them.

    `encoder` is the `encoder` module of a transformers model; `padding` (B, F) is True where there is no
    frame, or None. Layer norm stands before the layers, or (stable layer norm) after them.
    """
    hidden = silence(hidden, padding)
    hidden = hidden + positions(encoder.pos_conv_embed, hidden, padding)
    stable = getattr(encoder.config, "do_stable_layer_norm", False)
    hidden = encoder.dropout(hidden if stable else encoder.layer_norm(hidden))
    hidden = layers(encoder, hidden, padding)
    normed: Tensor = encoder.layer_norm(hidden) if stable else hidden
    return normed
