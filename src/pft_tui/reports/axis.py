"""Where the ticks of an axis lie, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

_MOST_DECIMALS, _MOST_DIGITS = 6, 7


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
    inside = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    written = _notation(max(abs(low), abs(high)), step)
    return Axis(low, high, {index * step: written(index * step) for index in inside}, label)


def log_axis(values: Iterable[float | None], *, ticks: int, label: str = "") -> Axis:
    """An axis of the decimal logarithms of every value above zero, with up to about `ticks` round labels.

    The labels are the values themselves: 1, 2 and 5 times powers of ten, or powers of ten alone where those
    are enough.
    """
    positive = [value for value in values if value is not None and 0.0 < value < math.inf] or [1.0]
    span = value_axis(map(math.log10, positive), ticks=ticks)
    powers = range(math.floor(span.low), math.ceil(span.high) + 1)
    for mantissas in ((1, 2, 5), (1,)):
        marks = [float(f"{mantissa}e{power}") for power in powers for mantissa in mantissas]
        logs = {math.log10(mark): f"{mark:g}" for mark in marks}
        inside = {place: text for place, text in logs.items() if span.low <= place <= span.high}
        if 2 <= len(inside) <= ticks + 1:
            return Axis(span.low, span.high, inside, label)
    if len(inside) < 2:  # less than a factor of ten: round numbers lie close enough
        even = value_axis((10.0**span.low, 10.0**span.high), ticks=ticks).ticks
        inside = {math.log10(mark): text for mark, text in even.items() if mark > 0.0}
    else:
        step = -(-len(inside) // max(ticks, 1))
        inside = dict(list(inside.items())[::step])
    return Axis(span.low, span.high, inside, label)


def category_axis(labels: dict[float, str], *, margin: float = 0.0, label: str = "") -> Axis:
    """An axis with the given labels at the given positions and `margin`, in its own units, on both sides."""
    positions = list(labels) or [0.0]
    return Axis(min(positions) - margin, max(positions) + margin, labels, label)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))


def _notation(largest: float, step: float) -> Callable[[float], str]:
    """How the ticks of an axis are written, so that all of them are told apart: `0.25`, `−3`, `7.5e+26`."""
    power = math.floor(math.log10(step) + 1e-9)
    if power < -_MOST_DECIMALS or largest >= 10.0**_MOST_DIGITS:
        form = f".{max(0, math.floor(math.log10(largest) + 1e-9) - power)}e"
    else:
        form = f".{max(0, -power)}f"

    def written(value: float) -> str:
        text = format(abs(value), form)
        return f"−{text}" if value < 0 and float(text) else text

    return written
