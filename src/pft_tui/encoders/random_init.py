"""Freshly initialised encoders, for demos, tests and benchmarks where no weights can be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import AutoConfig, AutoModel, Wav2Vec2FeatureExtractor

from pft_tui.encoders.hugging_face import HfExtractor, HfModel
from pft_tui.encoders.identity import RandomEncoder

# Made for a CPU: the strides and kernels of the released encoders, with few channels where the frames are
# many. At this width the usual spread of the initial weights, 0.02, would hardly let anything through.
# There is no dropout, as there is little to forget.
TINY: dict[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "conv_dim": (8, 16, 32, 32, 48, 64, 64),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "initializer_range": 0.1,
    "apply_spec_augment": False,
    "activation_dropout": 0.0,
    "attention_dropout": 0.0,
    "feat_proj_dropout": 0.0,
    "hidden_dropout": 0.0,
    "layerdrop": 0.0,
}

# The size of the released base encoders, and the regularisation of wav2vec2-base.
BASE: dict[str, Any] = {
    "activation_dropout": 0.0,
    "attention_dropout": 0.1,
    "feat_proj_dropout": 0.1,
    "hidden_dropout": 0.1,
    "layerdrop": 0.0,
}


def random_model(source: RandomEncoder, seed: int) -> tuple[HfModel, HfExtractor]:
    """A model and a feature extractor of transformers; the weights depend on `source` and `seed` alone."""
    settings = {**TINY, **source.family.tiny} if source.size == "tiny" else dict(BASE)
    if len(source.family.normalised) > 1:  # a choice: as the released base encoders, or the large ones
        stable = source.cnn_norm == "layer"
        settings |= {
            "feat_extract_norm": source.cnn_norm,
            "do_stable_layer_norm": stable,
            "conv_bias": stable,
        }
    with seeded(seed):
        model = AutoModel.from_config(AutoConfig.for_model(source.family.model_type, **settings))
    normalised = source.family.normalised[source.cnn_norm]
    return model, Wav2Vec2FeatureExtractor(do_normalize=normalised)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's generator on the CPU starts from `seed`, and is put back as it was."""
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which would seed the generators of all devices as well.
        torch.default_generator.manual_seed(seed)
        yield
