"""Which arithmetic a device trains in."""

from __future__ import annotations

import torch

from pft_tui.errors import DeviceError
from pft_tui.settings.model import Precision

WIDE = 768
"""The hidden size of the base encoders, with which bf16 was measured to be faster on a CPU that has it."""


def settled(precision: Precision, device: torch.device, width: int) -> Precision:
    """What `precision` comes to on a device, for an encoder of hidden size `width`: "fp32" or "bf16".

    `auto` is bf16 on a GPU that has it, and for a wide encoder on a CPU that has instructions for it. Raises
    DeviceError for bf16 on a GPU without it.
    """
    on_gpu = device.type == "cuda"
    has_bf16 = not on_gpu or torch.cuda.is_bf16_supported(including_emulation=False)
    if precision == "auto":
        gains = has_bf16 if on_gpu else device.type == "cpu" and width >= WIDE and fast_bf16()
        return "bf16" if gains else "fp32"
    if precision == "bf16" and not has_bf16:
        raise DeviceError(f"{device} has no bf16 arithmetic", hint="set precision to 'auto' or 'fp32'")
    return precision


def fast_bf16() -> bool:
    """Whether this machine's processor has AVX-512 instructions for bf16; those with AMX do."""
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def autocast(precision: Precision, device: torch.device, *, width: int = 0) -> torch.autocast:
    """The context of a forward pass of an encoder of hidden size `width`, in what `settled` says.

    Weights, gradients and the optimiser stay in fp32.
    """
    wanted = settled(precision, device, width) == "bf16"
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted)
