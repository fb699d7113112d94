"""Runs that depend on their seeds alone, and leave the process's generators and switches as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """The generators of the CPU and of `device` start from `seed`; afterwards they are as before."""
    on_gpu = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


@contextmanager
def deterministic_kernels(wanted: bool) -> Iterator[None]:
    """Only kernels that give the same bits again, where that is `wanted`.

    On CUDA the process must have been started with CUBLAS_WORKSPACE_CONFIG=:4096:8, or PyTorch refuses.
    """
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(wanted or before)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
