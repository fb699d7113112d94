"""Measuring a model on batches with one read from the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from pft_tui.training.metrics import Scores, confusion, scores

Inputs = TypeVar("Inputs")


@dataclass(frozen=True, slots=True)
class Measured:
    """The mean cross-entropy of some utterances, in nats, and the scores of the predictions."""

    loss: float
    scores: Scores


@torch.inference_mode()
def evaluate(
    model: Callable[[Inputs], Tensor], batches: Iterable[tuple[Inputs, Tensor]], classes: int
) -> Tensor:
    """What a model does with labelled batches, left on the device: (1 + classes**2,) float64.

    `model` gives logits (B, classes) and is in evaluation mode; a batch's labels are (B,) int64. The
    summed cross-entropy comes first, then the confusion matrix by rows. `measured` makes sense of it.
    """
    with parametrize.cached():  # the positional convolution's weights are normed once for all batches
        answers = [(model(inputs), labels) for inputs, labels in batches]
    logits, truth = (torch.cat(parts) for parts in zip(*answers, strict=True))
    logits = logits.float()
    loss = nn.functional.cross_entropy(logits, truth, reduction="sum").double()
    return torch.cat([loss[None], confusion(truth, logits.argmax(1), classes).flatten()])


def measured(counted: npt.NDArray[np.float64], *, scale: float = 1.0) -> Measured:
    """The loss, times `scale`, and the scores in what `evaluate` gave, once that is on the host."""
    classes = round((len(counted) - 1) ** 0.5)
    counts = counted[1:].reshape(classes, classes)
    return Measured(scale * float(counted[0] / counts.sum()), scores(counts))
