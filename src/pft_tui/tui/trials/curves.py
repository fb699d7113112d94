"""Several curves laid over each other: of single trials, or the means of groups with their bands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

import numpy as np
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from pft_tui.paths import Workspace
from pft_tui.reports.trials import Choice, Group, Point, curves_of, mean_curves, names_of
from pft_tui.tui.exports import Exporter, Way, write_curves
from pft_tui.tui.footer import Footer
from pft_tui.tui.pane import threaded
from pft_tui.tui.plot.series import Series, curve
from pft_tui.tui.plot.widget import CurvePlot

METRICS = ("val_macro_f1", "train_loss", "val_loss", "val_accuracy")
MOST = 8
Curves = Mapping[str, Sequence[Point]]
Fetch = Callable[[str], "list[Series] | None"]


def series_of(name: str, points: Sequence[Point], *, best: float | None = None) -> Series:
    """A curve of (epoch, value) pairs."""
    values = [math.nan if value is None else value for _, value in points]
    return curve(name, [epoch for epoch, _ in points], values, best=best)


def single(names: Mapping[str, str], found: Mapping[str, Curves], metric: str) -> list[Series]:
    """The curves of trials by id, under their `names`."""
    return [series_of(name, found.get(trial_id, {}).get(metric, ())) for trial_id, name in names.items()]


def means(groups: Sequence[Group]) -> list[Series]:
    """The mean curves of groups, with a standard error above and below; each says how many trials it has."""
    series = []
    for group in groups:
        epochs, mean, error, counts = np.array(group.points, dtype=np.float64).T
        name = f"{group.value} ({int(counts.max()):,})"
        series.append(Series(name, epochs, mean, mean - error, mean + error))
    return series


def overlaid(workspace: Workspace, trial_ids: Sequence[str], metric: str) -> list[Series]:
    """The curves of these trials. Raises StoreError; it blocks."""
    return single(names_of(workspace, trial_ids), curves_of(workspace, trial_ids), metric)


def group_means(workspace: Workspace, chosen: Choice, facet: str, metric: str) -> list[Series]:
    """The mean curves of the chosen trials by a facet. Raises StoreError; it blocks."""
    return means(mean_curves(workspace, chosen, facet, metric))


class CurvesScreen(Exporter, Screen[None]):
    """Curves that `fetch` returns for a metric (in a thread), with a key to change the metric."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "app.pop_screen", "Back", key_display="esc"),
        Binding("m", "metric", "Metric"),
    ]

    def __init__(self, title: str, fetch: Fetch) -> None:
        super().__init__(name="curves")
        self._title, self._fetch, self._metric = title, fetch, METRICS[0]

    def exports(self) -> Mapping[str, Way]:
        lines = self.query_one(CurvePlot).series
        return {"csv": partial(write_curves, lines)} if lines else {}

    def compose(self) -> ComposeResult:
        yield Static(self._title, classes="heading", markup=False)
        yield CurvePlot(self._metric)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(CurvePlot).focus()
        self._load()

    def action_metric(self) -> None:
        """Show the next metric."""
        self._metric = METRICS[(METRICS.index(self._metric) + 1) % len(METRICS)]
        self._load()

    @work(exclusive=True)
    async def _load(self) -> None:
        series = await threaded(self, self._fetch, self._metric)
        if series is not None:
            more = f"  the first {MOST} of {len(series)}: facets (f) narrow them" * (len(series) > MOST)
            self.query_one(CurvePlot).show(series[:MOST], title=f"{self._metric}{more}")
