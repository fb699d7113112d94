"""Screen 2: every job, filtered and in order; what is done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from pft_tui.daemon.client import log_file
from pft_tui.errors import UsageError
from pft_tui.ranges import numbers_in, ranges_of
from pft_tui.tui.dialogs import Choose
from pft_tui.tui.exports import Way
from pft_tui.tui.feed import Pulse
from pft_tui.tui.longtable import LongTable
from pft_tui.tui.queue import lines
from pft_tui.tui.queue.filter import parse
from pft_tui.tui.queue.hand import ChangingPane
from pft_tui.tui.queue.job import JobScreen, LogScreen
from pft_tui.tui.queue.line import FilterLine
from pft_tui.tui.queue.listing import span
from pft_tui.tui.queue.marks import Marks
from pft_tui.tui.queue.said import Said
from pft_tui.tui.queue.sheet import write_csv
from pft_tui.tui.queue.table import JobTable

ORDERS = ("number", "state", "priority", "attempts", "started", "finished", "took", "model", "speaker")
_AROUND = 3  # screens fetched before and after the one on show


class QueuePane(ChangingPane):
    """Jobs by the page, each with why it waits or what became of it."""

    AUTO_FOCUS = "JobTable"
    DEFAULT_CSS = """
    #queue-counts, #queue-about { height: 1; padding: 0 1; }
    #queue-about { color: $text-muted; }
    #queue-job { height: 2; padding: 0 1; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before any other key is handed on: what is typed after it, however fast, belongs to the filter.
        Binding("slash", "filter", "Filter", key_display="/", priority=True),
        Binding("s", "sort", "Sort"),
        Binding("D", "daemon_log", "The daemon's log", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._text = ""
        self._order = ("number", False)
        self._counts, self._about, self._job = (
            Said(id=f"queue-{name}", is_fixed=True) for name in ("counts", "about", "job")
        )
        self._line = FilterLine()
        self._fetching = asyncio.Lock()
        self._wanted = -1
        self._shown: object = None
        self._as_of: float | None = None

    def body(self) -> ComposeResult:
        """The counts, the filter, the table, and the job under its cursor."""
        yield self._counts
        yield self._about
        yield self._line
        yield self.table
        yield self._job

    def on_mount(self) -> None:
        self._catch_up()

    # What is on show

    async def show(self, pulse: Pulse) -> None:
        """Fetch what is in view again, where it may have changed."""
        lacks = self._shown is None or self.table.listing.lacks(self.table.rows_in_view)
        if pulse.source == "daemon" or pulse.as_of != self._as_of or lacks:
            self._as_of = pulse.as_of
            await self.fetch(_AROUND if lacks else 0)

    async def fetch(self, screens: int) -> None:
        """Fetch what is in view and so many screens around it; requests that come meanwhile are joined."""
        self._wanted = max(self._wanted, screens)
        async with self._fetching:
            while self._wanted >= 0 and self.table.is_attached:
                around, self._wanted = self._wanted, -1
                await self._fetch_once(around)

    @work(group="fetch")
    async def _fetch_around(self) -> None:
        await self.fetch(_AROUND)

    async def _fetch_once(self, around: int) -> None:
        table, asked = self.table, (self._text, self._order)
        is_new = asked != self._shown
        room = max(1, table.size.height - 1)
        first = table.row if is_new else round(table.scroll_y)
        view = range(max(0, first - room) if is_new else first, first + room)
        skip, limit = span(view, _AROUND if is_new else around)
        answer = await self.off(
            self.feed.ask, "jobs", jobs=self.meant, **self._ordered(), skip=skip, limit=limit
        )
        if not table.is_attached:
            return
        if asked != (self._text, self._order):
            self._wanted = max(self._wanted, _AROUND)
        elif answer is not None:
            if is_new and self._shown is not None:
                table.begin()
            self._shown = asked
            pulse = self.dashboard.pulse
            table.take(skip, answer, pulse.at if pulse else 0.0)
            if is_new:
                self.call_after_refresh(table.reveal)
            self._describe()

    def _ordered(self) -> dict[str, Any]:
        by, descending = self._order
        return {"by": by, "descending": descending}

    @on(LongTable.Viewed)
    async def _viewed(self) -> None:
        view, listing = self.table.rows_in_view, self.table.listing
        if self._shown and listing.lacks(range(max(0, view.start - len(view)), view.stop + len(view))):
            self._fetch_around()

    @on(LongTable.Moved)
    @on(JobTable.Marked)
    def _describe(self) -> None:
        """Say what is counted, filtered, marked and under the cursor."""
        table = self.table
        self._counts.say(lines.counts(table.listing.states))
        self._about.say(self._words_about())
        job = table.job
        self._job.say(lines.words_on(job) if job else "")

    def _words_about(self) -> Text:
        by, descending = self._order
        words = [f"/ {self._text}" if self._text else "/ filters", f"by {by}{' ↓' if descending else ''}"]
        text = Text("   ".join(words), no_wrap=True, overflow="ellipsis")
        table = self.table
        if table.range_start is not None:
            text.append(
                f"   from place {table.range_start + 1:,}: v marks to here, Esc gives up", style="bold"
            )
        elif table.marks:
            text.append(f"   ▌ {table.marks.count(table.listing.total):,} marked", style="bold")
        return text

    # Which jobs, in which order

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed, its key is a character as any other."""
        del parameters
        return action != "filter" or not isinstance(self.focused, Input)

    def action_filter(self) -> None:
        """Type a filter."""
        self._about.display = False
        self._line.edit(self._text)
        self._learn()

    @work(group="values", exclusive=True)
    async def _learn(self) -> None:
        found = await self.off(self.feed.ask, "values")
        if found is not None:
            self._line.learn({key: [str(value) for value in values] for key, values in found.items()})

    @on(FilterLine.Meant)
    async def _filtered(self, event: FilterLine.Meant) -> None:
        if event.text != self._text:
            self._text, self.meant = event.text, dict(event.meant)
            self.table.mark(Marks())  # those that cannot be seen any more must not be changed by mistake
            self._fetch_around()

    @on(FilterLine.Left)
    async def _filter_left(self) -> None:
        self._about.display = True
        if self._shown != (self._text, self._order):
            await self.fetch(_AROUND)  # the next key means the jobs of the filter, not those before
        self.set_focus(self.table)

    @work
    async def action_sort(self) -> None:
        """Choose an order; the same again turns it round."""
        by = await self.app.push_screen_wait(Choose("Sort by (the same again turns it round)", ORDERS))
        if by is not None:
            self._order = (by, by == self._order[0] and not self._order[1])
            await self.fetch(_AROUND)

    @on(JobTable.RangeMeant)
    def _range_meant(self, event: JobTable.RangeMeant) -> None:
        self._mark_range(event.places)

    @work
    async def _mark_range(self, places: range) -> None:
        found = await self.off(
            self.feed.ask,
            "numbers",
            jobs=self.meant,
            **self._ordered(),
            skip=places.start,
            limit=len(places),
        )
        if found is not None:
            self.table.mark(self.table.marks.with_all(numbers_in(found)))

    # A closer look

    @on(LongTable.Chosen)
    def _opened(self) -> None:
        if self.table.job is not None:
            self.app.push_screen(JobScreen(self.feed, self.table.job))

    def action_daemon_log(self) -> None:
        """Show what the daemon says."""
        self.app.push_screen(LogScreen(log_file(self.feed.workspace)))

    # What lasts, and what goes elsewhere

    def remember(self) -> dict[str, Any]:
        """The filter, the order, the cursor and the marks."""
        marks = self.table.marks
        return {
            "filter": self._text,
            "order": list(self._order),
            "row": self.table.row,
            "marks": {"all": marks.is_all, "numbers": ranges_of(marks.numbers)},
        }

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Show again what was shown."""
        try:
            text = str(memory["filter"])
            by, descending = memory["order"]
            marks = Marks(numbers_in(memory["marks"]["numbers"]), bool(memory["marks"]["all"]))
            row = int(memory["row"])
            meant = parse(text)
        except (KeyError, TypeError, ValueError, UsageError):
            return
        if by in ORDERS:
            self._text, self.meant, self._order = text, meant, (by, bool(descending))
            self.table.begin(max(0, row))
            self.table.marks = marks

    def exports(self) -> Mapping[str, Way]:
        """All jobs of the filter as CSV."""
        asked = {"jobs": self.meant, **self._ordered()}
        return {"csv": partial(write_csv, self.feed, asked)}

    def copied(self) -> str:
        """The job under the cursor in words, with its id and its error."""
        job = self.table.job
        if job is None:
            return ""
        return "\n".join([str(lines.words_on(job)), job["id"], *([job["error"]] if job["error"] else [])])
