"""Linear heads whose first weights depend on a seed alone."""

from __future__ import annotations

import torch
from torch import nn

from pft_tui.training.reproducible import seeded


def new_head(width: int, classes: int, seed: int) -> nn.Linear:
    """A head from pooled states (B, width) to logits (B, classes), on the CPU.

    Weights and biases are uniform within ±1/sqrt(width), as PyTorch has it for a linear layer.
    """
    with seeded(seed, torch.device("cpu")):
        return nn.Linear(width, classes)
