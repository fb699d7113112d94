"""Learning curves, losses and scores over epochs: of one run, and of all models side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_letters

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pft_tui.reports.axis import Axis, value_axis
from pft_tui.reports.canvas import Line, Point, draw_lines, unbroken
from pft_tui.reports.panels import Panel, fitting, panel_grid
from pft_tui.reports.reading import PLAIN, Reading
from pft_tui.reports.room import NOTHING_YET, Size, legend, lettered, needs
from pft_tui.reports.rows import Row, is_overall_loss, number, place_of, whole

LEAST = Size(30, 8)
PANEL_LINES = 9
_SIDE_BY_SIDE = 120
_MARKERS = 8
_MARKERS_OF_PANEL = 3

Curve = Sequence[tuple[float, float | None]]


def learning_curves(
    curves: Mapping[str, Curve], size: Size, *, best_epoch: int | None = None
) -> RenderableType:
    """Curves by the names of their metrics, each as (epoch, value) pairs in the order of the epochs.

    Those with `loss` in their name share one panel and the others, scores in 0..1, a second one, beside
    it where there are 120 columns and else below. A value that is None or no number leaves a gap in its
    line. A dotted line marks `best_epoch`.
    """
    runs = {name: list(unbroken(curve)) for name, curve in curves.items()}
    drawable = [name for name, of_curve in runs.items() if of_curve]
    if not drawable:
        return Text("No epoch finished yet")
    losses = [name for name in drawable if "loss" in name]
    panels = [names for names in (losses, [name for name in drawable if name not in losses]) if names]
    beside = len(panels) > 1 and size.columns >= _SIDE_BY_SIDE
    room = Size(size.columns // 2, size.lines) if beside else Size(size.columns, size.lines // len(panels))
    if not room.holds(LEAST):
        return needs(Size(LEAST.columns, LEAST.lines * len(panels)))
    epochs = {epoch for curve in curves.values() for epoch, _ in curve}
    x = value_axis(epochs, ticks=min(10, len(epochs)), label="epoch")
    scales = [_scale([runs[name] for name in names], room) for names in panels]
    width = max(scale.label_width for scale in scales)
    drawn = [
        _panel({name: runs[name] for name in names}, x, y.padded(width), room, best_epoch)
        for names, y in zip(panels, scales, strict=True)
    ]
    if not beside:
        return Group(*drawn)
    grid = Table.grid()
    grid.add_row(*drawn)
    return grid


def losses_of_models(rows: Sequence[Row], size: Size, _: Reading = PLAIN) -> RenderableType:
    """The losses over all corpora in each model's pre-finetuning: a panel each, titled by its corpora.

    `rows` are those of the view `learning_curves`. The figure is as long as there are models: the lines of
    `size` are no limit to it.
    """
    known = [row for row in rows if number(row, "value") is not None and is_overall_loss(row)]
    if not known:
        return NOTHING_YET
    if not size.holds(LEAST):
        return needs(LEAST)
    names = sorted({str(row["name"]) for row in known})
    corpora = sorted({corpus for row in known for corpus in str(row["corpus_set"]).split("+")})
    above, room = legend(names, size, notes=["over epochs"])
    y = value_axis((number(row, "value") for row in known), ticks=PANEL_LINES // 3)
    sets = {str(row["model_id"]): str(row["corpus_set"]).split("+") for row in known}
    across = fitting(len(sets), room.columns - y.label_width)
    panel = Size((room.columns - y.label_width) // across, PANEL_LINES)
    epochs = {whole(row, "epoch") for row in known}
    x = value_axis(epochs, ticks=min(4, len(epochs)))
    letters = dict(zip(corpora, ascii_letters, strict=False))
    panels = [
        Panel(
            " ".join(letters.get(corpus, corpus) for corpus in members),
            _losses([row for row in known if row["model_id"] == model_id], names),
        )
        for model_id, members in sets.items()
    ]
    return Group(above, lettered(corpora, [], size), panel_grid(panels, x, y, panel, across))


def _losses(rows: Sequence[Row], names: Sequence[str]) -> list[Line]:
    return [
        Line(index, run, every=len(run) // _MARKERS_OF_PANEL + 1)
        for index, name in enumerate(names)
        for run in unbroken(
            (whole(row, "epoch"), number(row, "value"), place_of(row)) for row in rows if row["name"] == name
        )
    ]


def _scale(curves: Sequence[list[list[Point]]], size: Size) -> Axis:
    values = (point.y for curve in curves for run in curve for point in run)
    return value_axis(values, ticks=size.lines // 3)


def _panel(
    runs: Mapping[str, list[list[Point]]], x: Axis, y: Axis, size: Size, best_epoch: int | None
) -> RenderableType:
    notes = [] if best_epoch is None else [f"┊ best epoch {best_epoch}"]
    above, room = legend(runs, size, notes=notes)
    lines = [
        Line(index, run, every=len(run) // _MARKERS + 1)
        for index, of_curve in enumerate(runs.values())
        for run in of_curve
    ]
    verticals = () if best_epoch is None else (float(best_epoch),)
    return Group(above, draw_lines(lines, x, y, room, verticals=verticals))
