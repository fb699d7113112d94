"""One job, whole: what it is, why it is as it is, and the log of its worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from pft_tui.daemon.logs import Tail, worker_log
from pft_tui.errors import PftError
from pft_tui.tui.dialogs import Prompt
from pft_tui.tui.exports import Exporter, Way, write_text
from pft_tui.tui.feed import Feed
from pft_tui.tui.footer import Footer
from pft_tui.tui.queue import lines
from pft_tui.tui.queue.listing import Job
from pft_tui.tui.queue.logview import LogView
from pft_tui.tui.queue.said import Said
from pft_tui.tui.signs import SIGNS

MOST_BYTES = 8 << 20  # of a log that is there already
LOOK_SECONDS = 0.5
_LABEL = 10


class LogScreen(Exporter, ModalScreen[None]):
    """A log with follow and search."""

    DEFAULT_CSS = """
    LogScreen { background: $background; }
    LogScreen > #log-about { height: 1; padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Back"),
        Binding("slash", "search", "Search", key_display="/"),
        Binding("e", "app.export", "Export"),
        Binding("c", "app.copy", "Copy", show=False),
    ]
    AUTO_FOCUS = "LogView"

    def __init__(self, path: Path | None) -> None:
        super().__init__(name="log")
        self._tail = Tail(path, MOST_BYTES) if path else None
        self._is_looking = False

    def exports(self) -> Mapping[str, Way]:
        """The log, as far as it is here."""
        view = self.query_one(LogView)
        return {"log": partial(write_text, view.text(range(view.count)))} if view.count else {}

    def copied(self) -> str:
        """The lines on screen."""
        view = self.query_one(LogView)
        return view.text(view.lines_in_view)

    def compose(self) -> ComposeResult:
        yield Said(id="log-about", is_fixed=True)
        yield LogView()
        yield Footer()

    async def on_mount(self) -> None:
        """Show the log, and go on looking for what is added."""
        self.set_interval(LOOK_SECONDS, self._look)
        await self._look()

    async def _look(self) -> None:
        if self._is_looking:
            return
        self._is_looking = True
        try:
            if self._tail is not None:
                self.query_one(LogView).add(await asyncio.to_thread(self._tail.read))
            self._describe()
        finally:
            self._is_looking = False

    def follow_log(self, path: Path | None) -> None:
        """Show another log."""
        if path != (self._tail.path if self._tail else None):
            self.query_one(LogView).clear()
            self._tail = Tail(path, MOST_BYTES) if path else None

    @on(LogView.Changed)
    def _describe(self) -> None:
        view = self.query_one(LogView)
        words = Text(no_wrap=True, overflow="ellipsis")
        if self._tail is None:
            words.append("no log yet", style="bold")
            view.say_why_empty("No worker has had this job yet; the log of the one that gets it comes here")
        else:
            said = f"{view.count:,} lines" if view.count else "empty"
            view.say_why_empty("Nothing yet: jobs that begin and end, and what fails, are said here")
            words.append(self._tail.path.name, style="bold").append(f"  {said}")
            if self._tail.left_out:
                words.append(f", {self._tail.left_out / 1e6:,.1f} MB before them left out")
        words.append("  follows" if view.is_following else "  stands still")
        if view.sought:
            at = f"{view.here + 1:,} of " if view.here is not None else ""
            words.append(f"  {at}{len(view.found):,} with {view.sought!r}", style="bold")
        self.query_one("#log-about", Said).say(words)

    @work
    async def action_search(self) -> None:
        """Find a text in the log."""
        sought = await self.app.push_screen_wait(Prompt("Search the log for", self.query_one(LogView).sought))
        if sought is not None:
            self.query_one(LogView).seek(sought)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


class JobScreen(LogScreen):
    """A job's details, kept up to date, over its worker's log."""

    DEFAULT_CSS = """
    JobScreen > #job { height: auto; max-height: 60%; padding: 0 1; }
    JobScreen > #job > #job-error { padding: 1 0 0 0; }
    """

    def __init__(self, feed: Feed, job: Job) -> None:
        super().__init__(worker_log(feed.workspace, job))
        self._feed = feed
        self._job = job

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="job"):
            yield Said(id="job-details")
            yield Said(id="job-error")
        yield from super().compose()

    async def on_mount(self) -> None:
        """Show the job, and go on asking how it is."""
        self._show(self._job)
        self.set_interval(1.0, self._ask)

    async def _ask(self) -> None:
        number = self._job["number"]
        try:
            found = await asyncio.to_thread(self._feed.ask, "jobs", jobs={"numbers": [[number, number]]})
        except PftError:
            return  # the line at the top of the screens says what is the matter
        if found["jobs"]:
            self._show(found["jobs"][0])

    def copied(self) -> str:
        """All about the job, with its error."""
        return "\n".join([details(self._job, time.time()).plain, *filter(None, [self._job["error"]])])

    def _show(self, job: Job) -> None:
        self._job = job
        self.follow_log(worker_log(self._feed.workspace, job))
        self.query_one("#job-details", Said).say(details(job, time.time()))
        error = self.query_one("#job-error", Said)
        error.display = bool(job["error"])
        error.say(job["error"] or "")


def details(job: Job, now: float) -> Text:
    """Everything that is known of a job but its error, a line each."""
    state = lines.state_of(job)
    sign, style = SIGNS[state]
    text = Text()
    text.append(f"Job {job['number']}  ", style="bold").append(f"{job['kind']} ")
    text.append(f"{sign} {state}", style=style)
    for label, words in _facts(job, now):
        text.append(f"\n{label:<{_LABEL}}", style="dim").append(words)
    return text


def _facts(job: Job, now: float) -> list[tuple[str, str]]:
    cell = [job["speaker"], job["emotion"], None if job["k"] is None else f"k={job['k']}"]
    draw = None if job["trial"] is None else f"draw {job['trial']}"
    took = lines.took(job, now)
    worker = f", worker {job['worker']}" if job["worker"] else ""
    facts = [
        ("id", job["id"]),
        ("corpus" if job["corpus"] else "model", lines.what(job)),
        ("trial", "  ".join(part for part in (*cell, draw) if part)),
        ("why", "" if job["error"] else lines.why(job)),
        *((stage, _clock(job[f"{stage}_at"])) for stage in ("queued", "started", "finished")),
        ("took", took),
        ("attempts", f"{job['attempts']}, priority {job['priority']}{worker}"),
        ("note", "another job has taken its place" if job["superseded"] else ""),
    ]
    return [(label, words) for label, words in facts if words]


def _clock(seconds: float | None) -> str:
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
