"""Where the ticks of an axis lie, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from `low` to `high` with a label at each of the ticks."""

    low: float
    high: float
    ticks: dict[float, str]
    label: str = ""

    @property
    def label_width(self) -> int:
        """The columns that the widest tick label takes."""
        return max((len(text) for text in self.ticks.values()), default=0)

    def padded(self, width: int) -> Axis:
        """The same axis with labels of at least that width, to line it up with another one."""
        return replace(self, ticks={position: text.rjust(width) for position, text in self.ticks.items()})


def value_axis(values: Iterable[float | None], *, ticks: int, label: str = "") -> Axis:
    """An axis that just holds every finite value, with about `ticks` ticks at round numbers.

    Ticks are 1, 2 or 5 times a power of ten apart. A single value gets some room on both sides.
    """
    finite = [value for value in values if value is not None and math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = abs(low) / 10 or 0.1
        low, high = low - room, high + room
    step = _round_step((high - low) / max(ticks, 1))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    inside = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    return Axis(low, high, {index * step: _written(index * step, decimals) for index in inside}, label)


def category_axis(labels: dict[float, str], *, margin: float = 0.0, label: str = "") -> Axis:
    """An axis with the given labels at the given positions and `margin`, in its own units, on both sides."""
    positions = list(labels) or [0.0]
    return Axis(min(positions) - margin, max(positions) + margin, labels, label)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))


def _written(value: float, decimals: int) -> str:
    text = f"{abs(value):.{decimals}f}"
    return f"−{text}" if value < 0 and float(text) else text
