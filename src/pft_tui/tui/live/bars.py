"""Bars and sparks: numbers as a few characters, told apart without colour too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rich.text import Text

from pft_tui.tui.signs import FILLS

_LEVELS = "▁▂▃▄▅▆▇█"


def bar_of(counts: Mapping[str, int], width: int) -> Text:
    """How many of all jobs are in which of FILLS, in so many characters; none that there is vanishes."""
    bar = Text()
    shares = _shares([counts.get(state, 0) for state in FILLS], width)
    for (character, style), cells in zip(FILLS.values(), shares, strict=True):
        bar.append(character * cells, style)
    return bar


def gauge(share: float, width: int, style: str = "") -> Text:
    """A share (0 to 1) of so many characters."""
    full = round(min(max(share, 0.0), 1.0) * width)
    return Text.assemble(("━" * full, style), ("─" * (width - full), "dim"))


def spark(
    values: Sequence[float | None], width: int, *, low: float | None = None, high: float | None = None
) -> str:
    """Values as levels between `low` and `high` (else their own ends), in `width` characters at most.

    More values than that are averaged in equal parts; what is missing is a space.
    """
    if len(values) > width:
        edges = [round(place * len(values) / width) for place in range(width + 1)]
        values = [_mean(values[start:end]) for start, end in pairwise(edges)]
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if not finite:
        return " " * len(values)
    bottom, top = min(finite) if low is None else low, max(finite) if high is None else high
    return "".join(_level(value, bottom, top) for value in values)


def _level(value: float | None, bottom: float, top: float) -> str:
    if value is None or not math.isfinite(value):
        return " "
    # Halved, since the largest numbers that there are have no difference.
    share = (value / 2 - bottom / 2) / (top / 2 - bottom / 2) if top / 2 > bottom / 2 else 0.0
    return _LEVELS[min(max(round(share * (len(_LEVELS) - 1)), 0), len(_LEVELS) - 1)]


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return sum(finite) / len(finite) if finite else None


def _shares(counts: Sequence[int], width: int) -> list[int]:
    """The counts scaled to add up to the width, with one at least for each that is not zero."""
    total = sum(counts)
    if not total or width <= 0:
        return [0] * (len(counts) - 1) + [max(width, 0)]
    least = [1 if count else 0 for count in counts]
    exact = [count / total * width for count in counts]
    shares = [max(math.floor(share), lowest) for share, lowest in zip(exact, least, strict=True)]
    while sum(shares) != width:
        step = 1 if sum(shares) < width else -1
        able = [place for place, share in enumerate(shares) if counts[place] and (step > 0 or share > 1)]
        if not able:  # more states than room
            return [*shares[:width], 0, 0, 0, 0][: len(counts)]
        place = max(able, key=lambda place: step * (exact[place] - shares[place]))
        shares[place] += step
    return shares
