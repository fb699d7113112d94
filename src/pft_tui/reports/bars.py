"""Bars in groups with whiskers: a group for each k, a bar for each series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.console import Group, RenderableType

from pft_tui.reports import palette
from pft_tui.reports.axis import Axis, value_axis
from pft_tui.reports.canvas import Bar, canvas_columns, draw_bars
from pft_tui.reports.reading import PLAIN, Reading
from pft_tui.reports.room import NOTHING_YET, Size, legend, needs
from pft_tui.reports.rows import Row, number, place_of, whole

LEAST = Size(30, 9)


class Height(NamedTuple):
    """How high a bar is, from where to where its whisker goes, and the place of the row it shows."""

    value: float
    low: float
    high: float
    place: int | None = None


def figure3(rows: Sequence[Row], size: Size, reading: Reading = PLAIN) -> RenderableType:
    """Mean change of macro F1 against no pre-finetuning, of each corpus at each k, with whiskers."""
    heights = {}
    for row in rows:
        delta = number(row, "mean_delta")
        if delta is not None:
            ends = reading.ends(row, "mean_delta", "se_delta")
            heights[whole(row, "k"), str(row["corpus"])] = Height(delta, *ends, place_of(row))
    return grouped_bars(heights, size, note=f"│ {reading.spread}")


def ablation(rows: Sequence[Row], size: Size, reading: Reading = PLAIN) -> RenderableType:
    """What each corpus adds to all the others, at each k."""
    deltas = {
        (whole(row, "k"), str(row["corpus"])): (delta, place_of(row))
        for row in rows
        if (delta := number(row, "delta")) is not None
    }
    heights = {at: Height(delta, delta, delta, place) for at, (delta, place) in deltas.items()}
    return grouped_bars(heights, size, note=f"{reading.score} lost without it")


def shapley(rows: Sequence[Row], size: Size, _: Reading = PLAIN) -> RenderableType:
    """The Shapley value of each corpus at each k, with its 95 % interval."""
    return grouped_bars(_with_intervals(rows, "shapley", "{corpus}"), size, note=_INTERVAL)


def languages(rows: Sequence[Row], size: Size, _: Reading = PLAIN) -> RenderableType:
    """The effect of corpora in each language on speakers of each, at each k, with its 95 % interval."""
    series = "{corpus_language} corpora, {speaker_language} speakers"
    return grouped_bars(_with_intervals(rows, "effect", series), size, note=_INTERVAL)


def grouped_bars(heights: Mapping[tuple[int, str], Height], size: Size, *, note: str) -> RenderableType:
    """The bars by k and series, textured by series, with `note` in the legend saying what whiskers are."""
    if not heights:
        return NOTHING_YET
    shots, series = (sorted(set(part)) for part in zip(*heights, strict=True))
    above, room = legend(series, size, notes=[note], symbol=palette.texture)
    y = value_axis((0.0, *_ends(heights.values())), ticks=max(room.lines, LEAST.lines) // 3)
    columns = canvas_columns(room, y)
    places = _Places(len(shots), len(series), columns)
    if not places.bar or not room.holds(LEAST):
        wide = max(LEAST.columns, size.columns - columns + places.least_columns)
        _, room = legend(series, size._replace(columns=max(wide, size.columns)), notes=[note])
        return needs(Size(wide, LEAST.lines + size.lines - room.lines))
    bars = []
    for (shot, name), height in heights.items():
        index = series.index(name)
        first = places.first(shots.index(shot), index)
        bars.append(Bar(index, first, first + places.bar - 1, *height))
    middles: dict[float, str] = {places.middle(place): f"k={shot}" for place, shot in enumerate(shots)}
    return Group(above, draw_bars(bars, Axis(0, columns - 1, middles), y, room))


_INTERVAL = "│ 95 % interval by speaker"


def _with_intervals(rows: Sequence[Row], name: str, series: str) -> dict[tuple[int, str], Height]:
    """The values in a column with their intervals; without one, as of a single speaker, no whisker."""
    heights = {}
    for row in rows:
        value = number(row, name)
        if value is not None:
            low, high = (number(row, end) for end in ("low", "high"))
            ends = (value if low is None else low, value if high is None else high)
            heights[whole(row, "k"), series.format_map(row)] = Height(value, *ends, place_of(row))
    return heights


def _ends(heights: Iterable[Height]) -> list[float]:
    return [end for height in heights for end in (height.value, height.low, height.high)]


@dataclass(frozen=True, slots=True)
class _Places:
    """Which columns of a canvas the bars take: `count` groups of `bars` bars, all of the same width."""

    count: int
    bars: int
    columns: int

    @property
    def least_columns(self) -> int:
        return self.count * (self.bars + 1)

    @property
    def group(self) -> int:
        return self.columns // self.count

    @property
    def bar(self) -> int:
        return self.group // (self.bars + 1)

    def first(self, group: int, bar: int) -> int:
        margin = (self.group - self.bar * self.bars) // 2
        return group * self.group + margin + bar * self.bar

    def middle(self, group: int) -> int:
        return (self.first(group, 0) + self.first(group, self.bars) - 1) // 2
