"""Measuring a model on batches with one read from the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pft_tui.training.metrics import Scores, confusion, scores

Inputs = TypeVar("Inputs")


@dataclass(frozen=True, slots=True)
class Measured:
    """The mean cross-entropy of some utterances, in nats, and the scores of the predictions."""

    loss: float
    scores: Scores


@torch.inference_mode()
def evaluate(
    model: Callable[[Inputs], Tensor], batches: Sequence[tuple[Inputs, Tensor]], classes: int
) -> Tensor:
    """What a model does with labelled batches, left on the device: (1 + classes**2,) float64.

    `model` gives logits (B, classes) and is in evaluation mode; a batch's labels are (B,) int64. The
    summed cross-entropy comes first, then the confusion matrix by rows. `measured` makes sense of it.
    """
    logits = torch.cat([model(inputs) for inputs, _ in batches]).float()
    truth = torch.cat([labels for _, labels in batches])
    loss = nn.functional.cross_entropy(logits, truth, reduction="sum").double()
    return torch.cat([loss[None], confusion(truth, logits.argmax(1), classes).flatten()])


def measured(counted: npt.NDArray[np.float64]) -> Measured:
    """The loss and scores in what `evaluate` gave, once it is on the host."""
    classes = round((len(counted) - 1) ** 0.5)
    counts = counted[1:].reshape(classes, classes)
    return Measured(float(counted[0] / counts.sum()), scores(counts))
