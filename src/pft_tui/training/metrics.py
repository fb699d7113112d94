"""Accuracy and F1 from a confusion matrix, which is counted on the device and read once an epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch


@dataclass(frozen=True, slots=True)
class Scores:
    """How well predictions fit, as fractions in 0..1."""

    accuracy: float
    macro_f1: float
    weighted_f1: float


def confusion(truth: torch.Tensor, predicted: torch.Tensor, classes: int) -> torch.Tensor:
    """Counts of (true, predicted) class pairs, without leaving the device.

    `truth` and `predicted` are (N,) int64 class indices; gives (classes, classes) float64, truth in rows.
    """
    cells = torch.zeros(classes * classes, dtype=torch.float64, device=truth.device)
    cells.index_add_(0, truth * classes + predicted, torch.ones_like(truth, dtype=torch.float64))
    return cells.view(classes, classes)


def scores(counts: npt.NDArray[np.float64]) -> Scores:
    """Accuracy, macro F1 and weighted F1 of a (classes, classes) confusion matrix with truth in rows.

    F1 of a class is 2 tp / (2 tp + fp + fn). Macro F1 is its mean over the classes that occur among truth
    or predictions, weighted F1 its mean weighted by how often each class is true: scikit-learn's
    definitions with `zero_division=0`.
    """
    hits, true, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    present = (true + predicted) > 0
    f1 = 2.0 * hits[present] / (true + predicted)[present]
    return Scores(
        accuracy=float(hits.sum() / counts.sum()),
        macro_f1=float(f1.mean()),
        weighted_f1=float((f1 * true[present]).sum() / counts.sum()),
    )
