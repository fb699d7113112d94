"""Which arithmetic a device trains in."""

from __future__ import annotations

import torch

from pft_tui.errors import DeviceError
from pft_tui.settings.model import Precision


def autocast(precision: Precision, device: torch.device) -> torch.autocast:
    """The context of a forward pass: bf16 where asked for, or where `auto` meets a GPU that has it.

    Weights, gradients and the optimiser stay in fp32. Raises DeviceError for bf16 on a GPU without it.
    """
    has_bf16 = device.type != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    if precision == "bf16" and not has_bf16:
        raise DeviceError(f"{device} has no bf16 arithmetic", hint="set precision to 'auto' or 'fp32'")
    wanted = precision == "bf16" or (precision == "auto" and device.type == "cuda" and has_bf16)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted)
