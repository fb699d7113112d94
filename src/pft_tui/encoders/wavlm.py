"""What WavLM does its own way: attention with a gated bias for relative positions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers.models.wavlm.modeling_wavlm import WavLMAttention

from pft_tui.encoders import transformer
from pft_tui.encoders.hugging_face import HfModel


class FusedWavLMAttention(WavLMAttention):  # type: ignore[misc]
    """WavLM's attention through PyTorch's fused kernel, which also takes a mask of the bias's own type."""

    def torch_multi_head_self_attention(
        self, hidden_states: Tensor, attention_mask: Tensor | None, gated_position_bias: Tensor
    ) -> tuple[Tensor, None]:
        """Attention over `hidden_states` (B, F, D).

        `attention_mask` (B, F) is True at the keys that count; `gated_position_bias` (B * heads, F, F).
        """
        batch, count, width = hidden_states.shape

        def split(projected: Tensor) -> Tensor:
            return projected.view(batch, count, self.num_heads, self.head_dim).transpose(1, 2)

        query = split(self.q_proj(hidden_states))
        bias = gated_position_bias.view(batch, self.num_heads, count, count).to(query.dtype)
        if attention_mask is not None:
            bias = bias.masked_fill(~attention_mask[:, None, None, :], -torch.inf)
        attended = scaled_dot_product_attention(
            query,
            split(self.k_proj(hidden_states)),
            split(self.v_proj(hidden_states)),
            attn_mask=bias,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.out_proj(attended.transpose(1, 2).reshape(batch, count, width)), None


def contextualise(encoder: HfModel, hidden: Tensor, padding: Tensor | None) -> Tensor:
    """As `transformer.contextualise`, with the bias of the first layer handed to the others."""
    return transformer.contextualise(encoder, hidden, padding, layers=_attend)


def _attend(encoder: HfModel, hidden: Tensor, padding: Tensor | None) -> Tensor:
    mask = None if padding is None else ~padding
    bias = None
    for index, layer in enumerate(encoder.layers):
        layer.attention.__class__ = FusedWavLMAttention  # one method differs, and not one parameter
        if index == 0 or not transformer.dropped(encoder):  # the first makes the bias: never dropped
            hidden, bias = layer(hidden, attention_mask=mask, position_bias=bias)
    return hidden
