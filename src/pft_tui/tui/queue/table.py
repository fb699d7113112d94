"""The table of jobs: rows that come a page at a time, a cursor that stays on its job, marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from pft_tui.tui.longtable import Cell, LongTable
from pft_tui.tui.queue import lines
from pft_tui.tui.queue.listing import Job, Listing
from pft_tui.tui.queue.marks import Marks

SCROLLBAR = 1  # its width


class JobTable(LongTable):
    """Jobs by their place in the order; what is not here yet is asked for by `Viewed`."""

    HELP = """
**Filter**: `model:iemocap k:2,4 state:failed`. Keys: `model`, `speaker`, `emotion`, `k`, `state`
(`paused` too), `kind`, `job` (`17-30`). Values of a key are alternatives; Tab completes. Other words must be
in what a job is called or says, its error too.

What is done is done to the marked jobs, or to the one under the cursor. `z` takes it back.
"""
    DEFAULT_CSS = """
    JobTable { scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", key_display="␣"),
        Binding("shift+up,K", "extend(-1)", "Mark upwards", show=False),
        Binding("shift+down,J", "extend(1)", "Mark downwards", show=False),
        Binding("v", "range", "Mark from here to the next v", show=False),
        Binding("asterisk", "mark_all", "Mark all of the filter", key_display="*", show=False),
        Binding("escape", "unmark", "Mark none", show=False),
    ]

    class Marked(Message):
        """Other jobs are marked."""

    class RangeMeant(Message):
        """The jobs at these places are to be marked, and some are not here."""

        def __init__(self, places: range) -> None:
            super().__init__()
            self.places = places

    def __init__(self) -> None:
        super().__init__(id="jobs")
        self.listing = Listing()
        self.marks = Marks()
        self.range_start: int | None = None
        self._now = 0.0
        self._room_wide = 0
        self.is_marked = self._is_marked

    @property
    def job(self) -> Job | None:
        """The job under the cursor, None where it is not here yet."""
        return self.listing.job(self.row)

    def begin(self, row: int = 0) -> None:
        """Show another listing, whose rows come later, from the cursor's row on."""
        self.listing, self.range_start = Listing(), None
        self.set_reactive(LongTable.row, row)

    def reveal(self) -> None:
        """Scroll to the cursor."""
        self.scroll_to(y=max(0, self.row - self.size.height // 2), animate=False)

    def take(self, skip: int, answer: dict[str, Any], now: float) -> None:
        """Take in a page that begins after `skip` jobs; `now` is in seconds since the epoch."""
        under = self.job
        changed = self.listing.take(skip, answer)
        self._now = now
        if self.count != self.listing.total or self._room_wide != self.size.width:
            self._lay_out()
        else:
            fresh = range(skip, skip + len(answer["jobs"]))
            self.redraw(changed | {place for place in fresh if self._is_running(place)})
        if under is not None:
            self._follow(under["number"], range(skip, skip + len(answer["jobs"])))

    def mark(self, marks: Marks) -> None:
        """Mark these jobs and no others."""
        self.marks, self.range_start = marks, None
        self.refresh()
        self.post_message(self.Marked())

    def on_resize(self) -> None:
        """Use the room there is."""
        if self._room_wide not in (0, self.size.width):
            self._lay_out()

    def watch_row(self, before: int, row: int) -> None:
        super().watch_row(before, row)
        if self.range_start is not None:
            self.redraw(range(min(before, row), max(before, row) + 1))

    # Marks

    def action_mark(self) -> None:
        if self.job is None:
            self.post_message(self.RangeMeant(range(self.row, self.row + 1)))
        else:
            self._remark(self.marks.turned(self.job["number"]), [self.row])
        self.action_move(1)

    def action_extend(self, by: int) -> None:
        first = self.row
        self.action_move(by)
        self._mark_places(range(min(first, self.row), max(first, self.row) + 1))

    def action_range(self) -> None:
        if self.range_start is None:
            self.range_start = self.row
            self.post_message(self.Marked())
            return
        first, last = sorted((self.range_start, self.row))
        self._mark_places(range(first, last + 1))

    def action_mark_all(self) -> None:
        self.mark(Marks(is_all=True))

    def action_unmark(self) -> None:
        self.mark(Marks())

    def on_click(self, event: events.Click) -> None:
        """With control or shift a click marks."""
        event.prevent_default()
        first = self.row
        super().on_click(event)
        if event.shift:
            self._mark_places(range(min(first, self.row), max(first, self.row) + 1))
        elif event.ctrl and self.job is not None:
            self._remark(self.marks.turned(self.job["number"]), [self.row])

    def _mark_places(self, places: range) -> None:
        numbers = self.listing.numbers(places)
        if numbers is None:
            self.post_message(self.RangeMeant(places))
        else:
            self._remark(self.marks.with_all(numbers), places)

    def _remark(self, marks: Marks, places: Iterable[int]) -> None:
        self.marks, self.range_start = marks, None
        self.redraw(places)
        self.post_message(self.Marked())

    def _is_marked(self, place: int) -> bool:
        if self.range_start is not None and min(self.range_start, self.row) <= place <= max(
            self.range_start, self.row
        ):
            return True
        job = self.listing.job(place)
        return job is not None and job["number"] in self.marks

    # Drawing

    def _lay_out(self) -> None:
        self._room_wide = self.size.width
        self.fill(lines.columns(self.size.width - SCROLLBAR), self.listing.total, self._line)

    def _line(self, place: int) -> list[Cell] | None:
        job = self.listing.job(place)
        if job is None:
            return None
        return lines.cells(job, self.columns, is_marked=self._is_marked(place), now=self._now)

    def _is_running(self, place: int) -> bool:
        job = self.listing.job(place)
        return job is not None and job["state"] == "running"

    def _follow(self, number: int, fresh: range) -> None:
        """Keep the cursor on its job, and that at the same line, where it has moved within the page."""
        job = self.job
        if job is None or job["number"] == number:
            return
        place = self.listing.place(number, fresh)
        if place is not None:
            by = place - self.row
            self.scroll_to(y=max(0, self.scroll_y + by), animate=False)
            self.row = place
