"""The families of encoders that are supported: a line each, and nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CnnNorm = Literal["group", "layer"]
Size = Literal["tiny", "base"]


@dataclass(frozen=True, slots=True)
class Family:
    """Encoders that share one architecture.

    `model_type` is what their `config.json` says; `contextualise` ("module:function") runs their
    transformer over padded frames. `normalised` tells, for each norm that the CNN may have, whether the
    released encoders take input of zero mean and unit variance: it serves encoders that come without
    preprocessor settings. `tiny` is what a small random encoder needs beyond the common settings.
    """

    model_type: str
    normalised: Mapping[CnnNorm, bool]
    contextualise: str = "pft_tui.encoders.transformer:contextualise"
    tiny: Mapping[str, int] = field(default_factory=dict)


BOTH: Mapping[CnnNorm, bool] = {"group": True, "layer": True}

FAMILIES: Mapping[str, Family] = {
    "wav2vec2": Family("wav2vec2", BOTH),
    "hubert": Family("hubert", BOTH),
    "wavlm": Family(
        "wavlm",
        {"group": False, "layer": True},
        contextualise="pft_tui.encoders.wavlm:contextualise",
        tiny={"num_buckets": 32, "max_bucket_distance": 100},
    ),
    "data2vec": Family(
        "data2vec-audio",
        {"layer": True},
        contextualise="pft_tui.encoders.data2vec:contextualise",
        tiny={"num_conv_pos_embeddings": 5, "conv_pos_kernel_size": 5},
    ),
    "unispeech": Family("unispeech", BOTH),
    "unispeech-sat": Family("unispeech-sat", BOTH),
}
