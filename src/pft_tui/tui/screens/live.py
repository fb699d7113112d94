"""Screen 1: what is going on now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from pft_tui.errors import PftError
from pft_tui.tui.exports import Way, write_table
from pft_tui.tui.feed import Pulse
from pft_tui.tui.live.devices import devices_text
from pft_tui.tui.live.grid import corpora_of, models_text, summary
from pft_tui.tui.live.jobs import columns_for, row_of, words_of
from pft_tui.tui.live.machine import CPU, Load, Monitor
from pft_tui.tui.live.runs import losses, scores
from pft_tui.tui.live.watch import Found, Watch
from pft_tui.tui.longtable import Cell, LongTable
from pft_tui.tui.pane import Pane
from pft_tui.tui.plot.view import WEIGHTS, View
from pft_tui.tui.plot.widget import CurvePlot
from pft_tui.tui.still import Still

WIDE = 130
TICK_SECONDS = 0.5
_BESIDE = "Loss     ┊ best 30"  # what stands beside a job's words above its curves


class LivePane(Pane):
    """How far the grid is, what the machine does, the jobs that run, and the curves of one of them."""

    ESCAPE_TO_MINIMIZE: ClassVar[bool | None] = False  # the cursor of the curves goes first
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "Follow"),
        Binding("t", "tasks", "Task losses"),
        Binding("z", "large", "Large"),
        Binding("escape", "small", "Back", show=False),
        Binding("plus,equals_sign", "smooth(1)", "Smoother", key_display="+", show=False),
        Binding("minus", "smooth(-1)", "Less smooth", key_display="-", show=False),
        Binding("y", "toggle_log", "Log y", show=False),
    ]
    DEFAULT_CSS = """
    LivePane #summary { height: 2; padding: 0 1; }
    LivePane #main { height: 1fr; layout: vertical; }
    LivePane #models { height: auto; padding: 0 1; }
    LivePane #now { height: 1fr; }
    LivePane #jobs { scrollbar-size: 0 0; }
    LivePane #devices { height: auto; padding: 0 1; }
    LivePane #plots { height: 1fr; layout: horizontal; }
    LivePane CurvePlot { width: 1fr; padding: 0 1; }
    LivePane CurvePlot:focus { background: $surface; }
    LivePane.-wide #main { layout: horizontal; }
    LivePane.-wide #models { width: 50; height: 1fr; }
    LivePane.-wide .part { border: round $foreground 25%; border-title-color: $primary; }
    LivePane.-wide .part:focus { border: round $primary; }
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._monitor = Monitor()
        self._loads: list[Load] = []
        self._cells: list[list[Cell]] = []
        self._in_training = False
        self._is_asking = False
        self._as_of: float | None = None
        self._said: str | None = None

    def body(self) -> ComposeResult:
        yield Still(id="summary")
        with Container(id="main"):
            yield Still(id="models", classes="part")
            with Vertical(id="now"):
                yield Still(id="devices", classes="part")
                yield LongTable(id="jobs")
                with Container(id="plots"):
                    yield CurvePlot("Loss", empty="No epoch has ended yet", id="losses", classes="part")
                    yield CurvePlot("Macro F1", empty="No epoch has ended yet", id="scores", classes="part")

    def on_mount(self) -> None:
        self._watch = Watch(self.feed)
        super().on_mount()
        self._table.add_class("part")
        for name in ("models", "devices", "jobs"):
            self.query_one(f"#{name}").border_title = name.capitalize()
        self._table.focus()
        self.set_interval(TICK_SECONDS, self._tick)

    def on_resize(self) -> None:
        self.set_class(self.size.width >= WIDE, "-wide")
        self.call_after_refresh(self._draw)

    # What is remembered, exported and copied

    def remember(self) -> dict[str, Any]:
        view = self._plot("losses").view
        return {
            "job": self._watch.chosen,
            "weight": view.weight,
            "log": view.log_y,
            "training": self._in_training,
        }

    def recall(self, memory: Mapping[str, Any]) -> None:
        self._watch.chosen = memory.get("job") if isinstance(memory.get("job"), str) else None
        self._in_training = memory.get("training") is True
        weight = memory.get("weight")
        weight = weight if weight in WEIGHTS else 0.0
        self._plot("losses").view = View(weight=weight, log_y=memory.get("log") is True)
        self._plot("scores").view = View(weight=weight)

    def copied(self) -> str:
        job = self._watch.shown
        return str(job["id"]) if job else ""

    def exports(self) -> Mapping[str, Way]:
        return {"csv": self._save_curves} if self._watch.shown else {}

    # Taking in what is new

    async def show(self, pulse: Pulse) -> None:
        slots = pulse.status["slots"] if pulse.status else []
        devices = [slot["device"] for slot in slots if not slot.get("node")]
        self._loads = await self.off(self._monitor.read, devices or [CPU]) or []
        if pulse.source == "daemon" or pulse.as_of != self._as_of:
            self._as_of = pulse.as_of
            await self._look(partial(self._watch.ask_all, self._slots))
        self._draw()

    @work(group="tick", exclusive=True)
    async def _tick(self) -> None:
        """Between two beats only the curves on show are looked after."""
        job, pulse = self._watch.shown, self.dashboard.pulse
        if job and job["state"] == "running" and pulse and pulse.source == "daemon" and self.is_current:
            await self._look(self._watch.ask_shown)
            self._draw_curves()

    async def _look(self, ask: Callable[[], Found]) -> None:
        """Take in what a question brings, unless another is on its way."""
        if self._is_asking:
            return
        self._is_asking = True
        try:
            found = await asyncio.to_thread(ask)
        except PftError as error:
            if str(error) != self._said:  # once, not with every beat
                self._said = str(error)
                self.notify(self._said, severity="error", markup=False)
            return
        finally:
            self._is_asking = False
        self._said = None
        self._watch.take(found)

    @property
    def _slots(self) -> dict[str, int]:
        """The slot of each job that is on one."""
        status = self.dashboard.pulse.status if self.dashboard.pulse else None
        return {slot["job"]: slot["slot"] for slot in (status or {"slots": []})["slots"] if slot["job"]}

    # Which job is looked at

    @on(LongTable.Moved)
    def _choose(self, event: LongTable.Moved) -> None:
        """Look at the job under the cursor from now on."""
        row, watch = event.table.row, self._watch
        if type(event) is LongTable.Moved and row < len(watch.jobs) and watch.jobs[row] is not watch.shown:
            watch.chosen = watch.jobs[row]["id"]
            self._draw_curves()

    @on(LongTable.Chosen)
    def _look_closer(self) -> None:
        """Put the keys to work on the curves of the job under the cursor."""
        self._plot("losses").focus()

    def action_follow(self) -> None:
        """Look at what runs on the first slot, whatever that is, again."""
        self._watch.follow()
        self._draw()

    def action_tasks(self) -> None:
        """The losses of a model's tasks in training instead of in validation, or the other way round."""
        self._in_training = not self._in_training
        self._draw_curves()

    def action_large(self) -> None:
        """Give the whole screen to the curves that have the focus, or else the losses; or give it back."""
        if self.maximized:
            self.minimize()
            return
        plot = self.focused if isinstance(self.focused, CurvePlot) else self._plot("losses")
        plot.focus()
        self.maximize(plot, container=False)

    def action_small(self) -> None:
        """Give the screen back to the others."""
        if not self.maximized:
            raise SkipAction
        self.minimize()

    def action_smooth(self, steps: int) -> None:
        """Smooth both plots more or less."""
        for name in ("losses", "scores"):
            self._plot(name).action_smooth(steps)

    def action_toggle_log(self) -> None:
        """Between a linear and a logarithmic axis of the losses."""
        self._plot("losses").action_toggle_log()

    # Drawing

    @property
    def _table(self) -> LongTable:
        return self.query_one("#jobs", LongTable)

    def _plot(self, name: str) -> CurvePlot:
        return self.query_one(f"#{name}", CurvePlot)

    def _draw(self) -> None:
        pulse = self.dashboard.pulse
        if pulse is None or pulse.overview is None or not self.query(CurvePlot):  # it may be on its way out
            return
        slots = pulse.status["slots"] if pulse.status else []
        rows, is_wide = pulse.overview["models"], self.has_class("-wide")
        models = self.query_one("#models").content_size
        room = models.height if is_wide else max(3, self.size.height // 4 - 1)
        self._say("summary", summary(pulse.overview, self._width("summary")))
        self._say("models", models_text(rows, models.width, room))
        width, most = self._width("devices"), max(2, self.size.height // 6)
        self._say("devices", devices_text(self._loads, slots, self._monitor, width, most))
        self._draw_jobs(self._width("jobs"), corpora_of(rows))
        self._draw_curves()

    def _width(self, name: str) -> int:
        return self.query_one(f"#{name}").content_size.width

    def _say(self, name: str, text: Text) -> None:
        self.query_one(f"#{name}", Still).say(text)

    def _draw_jobs(self, width: int, corpora: Sequence[str]) -> None:
        table, slots = self._table, self._slots
        jobs, shown = self._watch.jobs, self._watch.shown
        columns = columns_for(width)
        pulse, before = self.dashboard.pulse, self._cells
        now = (pulse.as_of or pulse.at) if pulse else 0.0
        self._cells = [row_of(job, self._watch.run_of(job), slots, corpora, columns, now) for job in jobs]
        table.styles.height = table.gutter.height + max(4, min(len(jobs) + 1, self.size.height // 5))
        if table.columns != columns or len(before) != len(self._cells):
            table.fill(columns, len(self._cells), lambda row: self._cells[row])
        else:
            table.redraw_cells(
                (row, column)
                for row, cells in enumerate(self._cells)
                for column, cell in enumerate(cells)
                if cell != before[row][column]
            )
        table.row = next((row for row, job in enumerate(jobs) if job is shown), 0)

    def _draw_curves(self) -> None:
        job = self._watch.shown
        run = self._watch.run_of(job)
        if job is None or run is None or not self.query(CurvePlot):
            return
        rows = ((self.dashboard.pulse and self.dashboard.pulse.overview) or {"models": []})["models"]
        title = f"Loss  {words_of(job, corpora_of(rows), self._width('losses') - len(_BESIDE))}"
        is_growing, training = job["state"] == "running", self._in_training
        self._plot("losses").show(losses(run, training=training), title=title, is_growing=is_growing)
        self._plot("scores").show(scores(run), title="Macro F1", is_growing=is_growing)

    def _save_curves(self, path: Path) -> None:
        """Write what the job on show has measured: a row for each epoch and metric."""
        job = self._watch.shown
        run = self._watch.run_of(job)
        rows = [
            (job and job["id"], epoch, name, value)
            for name, values in (sorted(run.metrics.items()) if run else [])
            for epoch, value in sorted(values.items())
        ]
        write_table(("run_id", "epoch", "name", "value"), rows, path)
