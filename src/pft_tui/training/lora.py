"""Low-rank adaptation (Hu et al. 2021) through peft: small matrices beside the attention's projections."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from torch import nn

from pft_tui.encoders.ragged import Ragged
from pft_tui.errors import SpecError
from pft_tui.training.adaptation import Adapted, Start
from pft_tui.training.whole import classifier

RANK = 8
ALPHA = 16
"""The product of the two matrices counts ALPHA / RANK times."""
PROJECTIONS = ("q_proj", "v_proj")
"""The queries' and the values', which Hu et al. found the best two for a given number of parameters."""


def adapt(start: Start) -> Adapted[Ragged]:
    """A copy of the encoder with adapters and a head, which alone learn. Raises SpecError without peft."""
    peft = _peft()
    encoder = deepcopy(start.encoder)
    config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=list(PROJECTIONS))
    encoder.requires_grad_(False)
    peft.inject_adapter_in_model(config, encoder.model)
    adapters = [module for module in encoder.modules() if isinstance(module, peft.tuners.lora.LoraLayer)]

    def renew() -> None:
        # A starts as peft has it, as any linear layer's weights, and B at zero, where it was at first. It
        # is drawn on the CPU, so that a trial starts alike on every device.
        for adapter in adapters:
            for matrix in adapter.lora_A.values():
                fresh = nn.Linear(matrix.in_features, matrix.out_features, bias=False)
                matrix.load_state_dict(fresh.state_dict())

    return replace(classifier(start, encoder), renew=renew)


def _peft() -> Any:  # noqa: ANN401 - it has no types that mypy would follow
    try:
        import peft
    except ImportError:
        raise SpecError(
            "the protocol lora needs peft",
            hint="pip install 'pft-tui[lora]', or choose another finetune.protocol",
        ) from None
    return peft
