"""How long the dashboard's curves take to draw, beside the same lines drawn by plotext alone.

    python bench/plot.py

Prints Markdown: CPU time, and how busy the machine was.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import numpy as np

from pft_tui.reports.axis import value_axis
from pft_tui.reports.canvas import Line, Point, draw_lines
from pft_tui.reports.room import Size
from pft_tui.tui.plot.colours import Ground
from pft_tui.tui.plot.painter import Painter, Sheet
from pft_tui.tui.plot.series import Series, curve
from pft_tui.tui.plot.smoothing import smoothed
from pft_tui.tui.plot.view import View

SIZES = (Size(80, 24), Size(200, 60))
GROUND = Ground((216, 222, 228), (14, 18, 23), is_dark=True, is_poor=False)
REPEATS = 15


def main() -> None:
    """Measure and print."""
    print(
        f"Load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. Medians of {REPEATS}, CPU time.\n"
    )
    print("| what | 80x24 | 200x60 |\n|---|---|---|")
    for lines, points in ((1, 200), (8, 200), (1, 1_000_000), (8, 1_000_000)):
        series = _curves(lines, points)
        name = f"{lines} line{'s' * (lines > 1)} of {points:,} points"
        _row(f"{name}, drawn anew", [_anew(series, size) for size in SIZES])
        _row(f"{name}, the cursor moved", [_moved(series, size) for size in SIZES])
        if points <= 200:
            _row(f"{name}, by plotext alone", [_by_plotext(series, size) for size in SIZES])
    noisy = np.random.default_rng(0).normal(size=1_000_000)
    _row("smoothing 1,000,000 points", [lambda: smoothed(noisy, 0.9)])


def _curves(lines: int, points: int) -> tuple[Series, ...]:
    rng = np.random.default_rng(0)
    return tuple(
        curve(f"run {place}", np.arange(points), rng.normal(size=points).cumsum()) for place in range(lines)
    )


def _anew(series: tuple[Series, ...], size: Size) -> Callable[[], object]:
    """All of it as for the first time, into strips for the terminal."""
    styles = GROUND.styles(len(series))

    def draw() -> object:
        cells = Painter().paint(Sheet(series, View(), size, "title", "epoch", "")).cells
        return [cells.strip(line, styles) for line in range(size.lines)]

    return draw


def _moved(series: tuple[Series, ...], size: Size) -> Callable[[], object]:
    """What a key costs that moves the cursor."""
    styles, painter = GROUND.styles(len(series)), Painter()
    before = painter.paint(Sheet(series, View(), size, "title", "epoch", "")).cells
    middle = float(series[0].x[len(series[0].x) // 2])

    def draw() -> object:
        after = painter.paint(Sheet(series, View(cursor=middle), size, "title", "epoch", "")).cells
        return [after.strip(region.y, styles) for region in after.differences(before)]

    return draw


def _by_plotext(series: tuple[Series, ...], size: Size) -> Callable[[], object]:
    points = len(series[0].x)
    lines = [
        Line(
            index,
            [Point(x, y) for x, y in zip(one.x.tolist(), one.y.tolist(), strict=True)],
            every=points // 8,
        )
        for index, one in enumerate(series)
    ]
    x = value_axis((0.0, float(points)), ticks=8)
    y = value_axis([float(end) for one in series for end in (one.y.min(), one.y.max())], ticks=8)
    return lambda: draw_lines(lines, x, y, size)


def _row(name: str, works: list[Callable[[], object]]) -> None:
    times = [f"{1000 * _median(work):.1f} ms" for work in works]
    print(f"| {name} | {' | '.join(times + [''] * (2 - len(times)))} |")


def _median(work: Callable[[], object]) -> float:
    """The median CPU time of a call, in seconds, after one that does not count."""
    work()
    taken = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
