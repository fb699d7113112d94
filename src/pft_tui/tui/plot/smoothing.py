"""Smoothing of noisy curves, as TensorBoard does it."""

from __future__ import annotations

import numpy as np

from pft_tui.tui.plot.series import Numbers

_BLOCK = 64


def smoothed(y: Numbers, weight: float) -> Numbers:
    """The exponential moving average of `y` without the bias towards zero of its beginning.

    With the average m_0 = 0, m_n = w·m_(n-1) + (1-w)·y_n, the result is m_n / (1 - w^n), where n counts the
    values that are there; missing values (NaN) stay missing. `weight` w lies in 0 (no smoothing) to below 1.
    The formula is the one behind TensorBoard's slider.
    """
    if not 0.0 <= weight < 1.0:
        raise ValueError(f"a weight lies in 0 to below 1, got {weight}")
    there = ~np.isnan(y)
    values = y[there]
    if weight == 0.0 or not len(values):
        return y.copy()
    debias = 1.0 - weight ** np.arange(1, len(values) + 1)
    result = np.full_like(y, np.nan)
    result[there] = _average(values, weight) / debias
    return result


def _average(values: Numbers, weight: float) -> Numbers:
    """m_n for all n, a block at a time: within a block a product with a triangular matrix, then what the
    blocks before it leave over."""
    padded = np.zeros(-(-len(values) // _BLOCK) * _BLOCK)
    padded[: len(values)] = values
    blocks = padded.reshape(-1, _BLOCK)
    steps = np.arange(_BLOCK)
    age = steps[:, None] - steps[None, :]
    share = np.where(age >= 0, (1.0 - weight) * weight ** np.maximum(age, 0), 0.0)
    averages = blocks @ share.T
    carried = np.zeros(len(blocks))
    fade, left = weight**_BLOCK, 0.0
    for index, last in enumerate(averages[:-1, -1].tolist(), 1):
        left = fade * left + last
        carried[index] = left
    averages += carried[:, None] * weight ** (steps + 1.0)
    flat: Numbers = averages.reshape(-1)[: len(values)]
    return flat
