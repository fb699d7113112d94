"""The paper's figures of lines, drawn into a given room.

Each function takes rows as the SQL view of the same name has them, of one setting, and gives something
that Rich and Textual can show. A value that is NULL or no number is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from pft_tui.reports.axis import category_axis, value_axis
from pft_tui.reports.canvas import Line, Point, draw_lines, unbroken
from pft_tui.reports.panels import LEAST_PANEL, Panel, fitting, panel_grid
from pft_tui.reports.reading import PLAIN, Reading
from pft_tui.reports.room import NOTHING_YET, Size, TooSmall, legend, needs
from pft_tui.reports.rows import Row, number, place_of, unfinished, whole

Figure = Callable[[Sequence[Row], Size, Reading], RenderableType]

LEAST = Size(30, 10)


def fitted(figure: Figure, rows: Sequence[Row], size: Size, reading: Reading) -> RenderableType:
    """The figure, longer than the room where it has to be; a TooSmall where the room is too narrow."""
    made = figure(rows, size, reading)
    if isinstance(made, TooSmall) and made.least.columns <= size.columns:
        made = figure(rows, Size(size.columns, made.least.lines), reading)
    return made


def figure2(rows: Sequence[Row], size: Size, reading: Reading = PLAIN) -> RenderableType:
    """Mean macro F1 over the number of pre-finetuning corpora, a line for each k, in a band.

    A point is hollow while not all of its trials have finished.
    """
    known = [row for row in rows if number(row, "mean_f1") is not None]
    if not known:
        return NOTHING_YET
    if not size.holds(LEAST):
        return needs(LEAST)
    shots = sorted({whole(row, "k") for row in known})
    lines = [Line(index, _points_of_shot(known, shot, reading)) for index, shot in enumerate(shots)]
    points = [point for line in lines for point in line.points]
    notes = [f"band: {reading.spread}"] + ["hollow: trials missing"] * any(point.hollow for point in points)
    above, room = legend([f"k={shot}" for shot in shots], size, notes=notes)
    x = category_axis(
        {point.x: f"{point.x:.0f}" for point in points}, margin=0.1, label="number of pre-finetuning corpora"
    )
    edges = (edge for point in points for edge in (point.y, point.low, point.high))
    y = value_axis(edges, ticks=room.lines // 3)
    return Group(above, draw_lines(lines, x, y, room))


def _points_of_shot(rows: Sequence[Row], shot: int, reading: Reading) -> list[Point]:
    return [
        Point(
            whole(row, "n_corpora"),
            number(row, "mean_f1") or 0.0,
            *reading.ends(row, "mean_f1", "se_f1"),
            hollow=unfinished(row),
            place=place_of(row),
        )
        for row in sorted(rows, key=lambda row: whole(row, "n_corpora"))
        if row["k"] == shot
    ]


def figure4(rows: Sequence[Row], size: Size, reading: Reading = PLAIN) -> RenderableType:
    """Macro F1 over k without and with all pre-finetuning: a panel for each language and emotion."""
    values = [number(row, name) for row in rows for name in ("no_pft", "all_pft")]
    if all(value is None for value in values):
        return NOTHING_YET
    above, room = legend(["No PFT", "All PFT"], size, notes=[f"{reading.score} over k"])
    y = value_axis(values, ticks=5)
    x = category_axis({math.log2(whole(row, "k")): str(row["k"]) for row in rows}, margin=0.3)
    languages = sorted({str(row["language"] or "") for row in rows})
    emotions = sorted({str(row["emotion"]) for row in rows})
    width = room.columns - y.label_width
    across = fitting(len(emotions), width)
    down = -(-len(emotions) // across)
    headings = sum(map(bool, languages))
    panel = Size(width // across, (room.lines - headings) // (down * len(languages)))
    if not panel.holds(LEAST_PANEL):
        least = size.lines - room.lines + headings + LEAST_PANEL.lines * down * len(languages)
        return needs(Size(LEAST_PANEL.columns * across + y.label_width, least))
    parts: list[RenderableType] = [above]
    for language in languages:
        parts += [Text(language, style="bold")] * bool(language)
        chosen = [row for row in rows if (row["language"] or "") == language]
        panels = [Panel(emotion, _without_and_with(chosen, emotion)) for emotion in emotions]
        parts.append(panel_grid(panels, x, y, panel, across))
    return Group(*parts)


def _without_and_with(rows: Sequence[Row], emotion: str) -> list[Line]:
    of_panel = sorted((row for row in rows if row["emotion"] == emotion), key=lambda row: whole(row, "k"))
    return [
        Line(index, run)
        for index, name in enumerate(("no_pft", "all_pft"))
        for run in unbroken(
            (math.log2(whole(row, "k")), number(row, name), place_of(row)) for row in of_panel
        )
    ]
