"""One trial in full: its curves, what it drew, how it was configured, where it ran."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from pft_tui.reports.trials import Details, Point, curves_of, details
from pft_tui.tui.exports import Exporter, Way, write_curves
from pft_tui.tui.feed import Feed
from pft_tui.tui.footer import Footer
from pft_tui.tui.pane import threaded
from pft_tui.tui.plot.widget import CurvePlot
from pft_tui.tui.queue.job import JobScreen
from pft_tui.tui.trials.curves import series_of
from pft_tui.tui.words import duration, score

_SCORES = ("macro_f1", "accuracy", "weighted_f1")
_WHO = ("trial_id", "model_id", "encoder", "corpus_set", "protocol", "downstream", "speaker", "language")
_DRAW = ("emotion", "k", "trial", "seed")
_RUN = ("status", "epochs", "best_epoch", "device", "attempts", "started_at", "finished_at", "source")


class TrialScreen(Exporter, Screen[None]):
    """A trial, as of the snapshot."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "app.pop_screen", "Back", key_display="esc"),
        Binding("l", "job", "Job and log"),
        Binding("tab", "app.focus_next", "Next part", show=False),
    ]
    DEFAULT_CSS = """
    TrialScreen #curves { width: 1fr; }
    TrialScreen #facts { width: 46; padding: 0 1; }
    TrialScreen.-narrow #facts { width: 34; }
    """

    def __init__(self, feed: Feed, trial_id: str) -> None:
        super().__init__(name="trial")
        self._feed, self._trial_id = feed, trial_id
        self.words = ""

    def exports(self) -> Mapping[str, Way]:
        lines = [line for plot in self.query(CurvePlot) for line in plot.series]
        return {"csv": partial(write_curves, lines)} if lines else {}

    def copied(self) -> str:
        return self.words

    def compose(self) -> ComposeResult:
        yield Static("", id="trial-title", classes="heading", markup=False)
        with Horizontal():
            with Vertical(id="curves"):
                yield CurvePlot("macro F1 and accuracy on the evaluation split", id="scores")
                yield CurvePlot("loss", id="losses")
            with VerticalScroll(id="facts"):
                yield Static(id="known")
        yield Footer()

    def on_resize(self) -> None:
        self.set_class(self.size.width < 100, "-narrow")

    def on_mount(self) -> None:
        self._load()

    @work
    async def action_job(self) -> None:
        """Show the job that ran the trial, with the log of its worker."""
        found = await threaded(self, self._feed.ask, "jobs", jobs={"ids": [self._trial_id]}, limit=1)
        if found and found["jobs"]:
            self.app.push_screen(JobScreen(self._feed, found["jobs"][0]))

    @work
    async def _load(self) -> None:
        found = await threaded(self, details, self._feed.workspace, self._trial_id)
        curves = await threaded(self, curves_of, self._feed.workspace, [self._trial_id])
        if found is None or curves is None:
            return
        trial = found.trial
        title = [trial["corpus_set"] or trial["method"], trial["speaker"], trial["emotion"]]
        title += [f"k={trial['k']}", f"draw {trial['trial']}"]
        self.query_one("#trial-title", Static).update(" · ".join(title))
        known = facts(found)
        self.words = known.plain
        self.query_one("#known", Static).update(known)
        self._plot(curves.get(self._trial_id, {}), trial["best_epoch"])
        self.query_one("#scores", CurvePlot).focus()

    def _plot(self, curves: dict[str, list[Point]], best: int | None) -> None:
        for plot, is_loss in (("#losses", True), ("#scores", False)):
            self.query_one(plot, CurvePlot).show(
                series_of(name, points, best=best)
                for name, points in curves.items()
                if ("loss" in name) == is_loss and name not in ("seconds", "learning_rate")
            )


def facts(found: Details) -> Text:
    """All that is known of a trial, in sections."""
    trial, text = found.trial, Text()
    for title, names in (("Test split", _SCORES), ("Evaluation split", ("val_macro_f1",))):
        _section(text, title, {name: score(trial[name]) for name in names if trial[name] is not None})
    _section(text, "Trial", {name: trial[name] for name in (*_WHO, *_DRAW)})
    seconds = {"took": duration(trial["seconds"])} if trial["seconds"] is not None else {}
    _section(text, "Run", {**{name: trial[name] for name in _RUN}, **seconds})
    if trial["error"]:
        text.append("Error\n", "bold").append(f"{trial['error']}\n\n")
    text.append("Drawn examples\n", "bold")
    for name, label, length, path, words in found.examples:
        tail = f" {length:.1f} s" if length is not None else ""
        text.append(f"  {label or '?':<9} {name}{tail}\n").append(
            f"            {words or path or ''}\n", "dim"
        )
    text.append("\n")
    _section(text, "Recipe", found.recipe)
    _section(text, "Environment", found.environment)
    return text


def _section(text: Text, title: str, values: dict[str, Any]) -> None:
    there = {name: value for name, value in values.items() if value is not None}
    if not there:
        return
    width = max(map(len, there))
    text.append(f"{title}\n", "bold")
    for name, value in there.items():
        text.append(f"  {name:<{width}}  ", "dim").append(f"{value}\n")
    text.append("\n")
