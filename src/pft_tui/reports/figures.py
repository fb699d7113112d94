"""The paper's figures, drawn into a given room.

Each function takes rows as the SQL view of the same name has them, of one setting, and gives something
that Rich and Textual can show. A value that is NULL or no number is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pft_tui.reports import palette
from pft_tui.reports.axis import Axis, category_axis, value_axis
from pft_tui.reports.canvas import Bar, Line, Point, canvas_columns, draw_bars, draw_lines, unbroken
from pft_tui.reports.room import NOTHING_YET, Size, legend, needs
from pft_tui.reports.rows import Row, number, unfinished, whole

Figure = Callable[[Sequence[Row], Size], RenderableType]

LEAST = Size(30, 10)
LEAST_PANEL = Size(14, 7)


def figure2(rows: Sequence[Row], size: Size) -> RenderableType:
    """Mean macro F1 over the number of pre-finetuning corpora, a line for each k, a band of ±1 SE.

    A point is hollow while not all of its trials have finished.
    """
    known = [row for row in rows if number(row, "mean_f1") is not None]
    if not known:
        return NOTHING_YET
    if not size.holds(LEAST):
        return needs(LEAST)
    shots = sorted({whole(row, "k") for row in known})
    lines = [Line(index, _points_of_shot(known, shot)) for index, shot in enumerate(shots)]
    points = [point for line in lines for point in line.points]
    notes = ["band: ±1 SE"] + ["hollow: trials missing"] * any(point.hollow for point in points)
    above, room = legend([f"k={shot}" for shot in shots], size, notes=notes)
    x = category_axis(
        {point.x: f"{point.x:.0f}" for point in points}, margin=0.1, label="number of pre-finetuning corpora"
    )
    edges = [point.y + side * point.error for point in points for side in (-1, 1)]
    y = value_axis(edges, ticks=room.lines // 3)
    return Group(above, draw_lines(lines, x, y, room))


def _points_of_shot(rows: Sequence[Row], shot: int) -> list[Point]:
    return [
        Point(
            whole(row, "n_corpora"),
            number(row, "mean_f1") or 0.0,
            error=number(row, "se_f1") or 0.0,
            hollow=unfinished(row),
        )
        for row in sorted(rows, key=lambda row: whole(row, "n_corpora"))
        if row["k"] == shot
    ]


def figure3(rows: Sequence[Row], size: Size) -> RenderableType:
    """Mean change of macro F1 against no pre-finetuning: a group of bars for each k, ±1 SE as whiskers."""
    known = [row for row in rows if number(row, "mean_delta") is not None]
    if not known:
        return NOTHING_YET
    shots = sorted({whole(row, "k") for row in known})
    corpora = sorted({str(row["corpus"]) for row in known})
    above, room = legend(corpora, size, notes=["│ ±1 SE"], symbol=palette.texture)
    heights = [(number(row, "mean_delta") or 0.0, number(row, "se_delta") or 0.0) for row in known]
    ends = [height + side * se for height, se in heights for side in (-1, 1)]
    y = value_axis([0.0, *ends], ticks=room.lines // 3)
    columns = canvas_columns(room, y)
    groups = _Groups(len(shots), len(corpora), columns)
    if not groups.bar or not size.holds(LEAST):
        beside = size.columns - columns
        return needs(Size(max(LEAST.columns, beside + groups.least_columns), LEAST.lines))
    bars = []
    for row, (height, se) in zip(known, heights, strict=True):
        index = corpora.index(str(row["corpus"]))
        first = groups.first(shots.index(whole(row, "k")), index)
        bars.append(Bar(index, first, first + groups.bar - 1, height, se))
    middles: dict[float, str] = {groups.middle(place): f"k={shot}" for place, shot in enumerate(shots)}
    return Group(above, draw_bars(bars, Axis(0, columns - 1, middles), y, room))


@dataclass(frozen=True, slots=True)
class _Groups:
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


def figure4(rows: Sequence[Row], size: Size) -> RenderableType:
    """Macro F1 over k without and with all pre-finetuning: a panel for each language and emotion."""
    values = [number(row, name) for row in rows for name in ("no_pft", "all_pft")]
    if all(value is None for value in values):
        return NOTHING_YET
    above, room = legend(["No PFT", "All PFT"], size, notes=["macro F1 over k"])
    y = value_axis(values, ticks=5)
    x = category_axis({math.log2(whole(row, "k")): str(row["k"]) for row in rows}, margin=0.3)
    languages = sorted({str(row["language"] or "") for row in rows})
    emotions = sorted({str(row["emotion"]) for row in rows})
    width = room.columns - y.label_width
    across = max(1, min(len(emotions), width // LEAST_PANEL.columns))
    down = -(-len(emotions) // across)
    headings = sum(map(bool, languages))
    panel = Size(width // across, (room.lines - headings) // (down * len(languages)))
    if not panel.holds(LEAST_PANEL):
        least = size.lines - room.lines + headings + LEAST_PANEL.lines * down * len(languages)
        return needs(Size(LEAST_PANEL.columns * across + y.label_width, least))
    parts: list[RenderableType] = [above]
    for language in languages:
        parts += [Text(language, style="bold")] * bool(language)
        grid = Table.grid()
        for start in range(0, len(emotions), across):
            chosen = [row for row in rows if (row["language"] or "") == language]
            grid.add_row(*_panels(chosen, emotions[start : start + across], x, y, panel))
        parts.append(grid)
    return Group(*parts)


def _panels(
    rows: Sequence[Row], emotions: Sequence[str], x: Axis, y: Axis, size: Size
) -> Iterator[RenderableType]:
    """A panel for each emotion; the first has the labels of the y axis, which all of them share."""
    for place, emotion in enumerate(emotions):
        of_panel = sorted((row for row in rows if row["emotion"] == emotion), key=lambda row: whole(row, "k"))
        lines = [
            Line(index, run)
            for index, name in enumerate(("no_pft", "all_pft"))
            for run in unbroken((math.log2(whole(row, "k")), number(row, name)) for row in of_panel)
        ]
        scale = y if place == 0 else Axis(y.low, y.high, {})
        title = Text(" " * (scale.label_width + 1) + emotion, overflow="fold")
        room = Size(size.columns + scale.label_width, size.lines - 1)
        yield Group(title, draw_lines(lines, x, scale, room))
