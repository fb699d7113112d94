"""Screen 4: the paper's tables and figures, and more, as far as the trials have come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from pft_tui.errors import PftError
from pft_tui.reports import palette
from pft_tui.reports.values import MINUS
from pft_tui.tui.dialogs import Choose
from pft_tui.tui.exports import Way
from pft_tui.tui.feed import Pulse
from pft_tui.tui.longtable import Cell, Column, LongTable, fitting
from pft_tui.tui.pane import Pane
from pft_tui.tui.results.picture import Picture

if TYPE_CHECKING:
    from pft_tui.tui.results.findings import Drawn, Findings, Ground
    from pft_tui.tui.results.wish import Wish

NARROW = 110
_MOST_WIDTH = 46
_BETTER, _WORSE = palette.style(palette.BETTER), palette.style(palette.WORSE)


class ResultsPane(Pane):
    """The reports at the side, and the one that is chosen: as a figure, or as its table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "report(-1)", "Report before", key_display="[", show=False),
        Binding("right_square_bracket", "report(1)", "Next report", key_display="]", show=False),
        Binding("t", "table", "Table", tooltip="The figure's table, or the figure again"),
        Binding("f", "narrow", "Filter", tooltip="Choose languages, emotions, speakers and k"),
        Binding("x", "clear", "All trials", show=False),
        Binding("m", "metric", "Score", tooltip="Macro F1, accuracy, weighted F1"),
        Binding("i", "intervals", "Band", tooltip="Standard errors, or 95 % intervals by speaker"),
        Binding("p", "paper", "Paper", tooltip="The paper's numbers beside these"),
        Binding("o", "setting", "Protocol, encoder", show=False),
    ]
    DEFAULT_CSS = """
    ResultsPane #reports { width: 22; margin-right: 1; }
    ResultsPane.-narrow #reports { display: none; }
    ResultsPane #title { height: auto; text-style: bold; }
    ResultsPane #notes { height: auto; color: $text-muted; }
    ResultsPane #said { height: auto; max-height: 3; background: $surface; }
    ResultsPane #picture, ResultsPane #table { height: 1fr; }
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._wish_kept: Wish | None = None
        self._ground: Ground | None = None
        self._found: Findings | None = None
        self._stamp: tuple[int, int] | None = None
        self._pointed: tuple[object, ...] | None = None
        self._column: str | None = None

    def body(self) -> ComposeResult:
        with Horizontal():
            yield LongTable(id="reports")
            with Vertical():
                yield Static(id="title")
                yield Static(id="notes")
                yield Picture(id="picture")
                yield LongTable(id="table", by_cell=True)
                yield Static(id="said")

    @property
    def _wish(self) -> Wish:
        from pft_tui.tui.results.wish import Wish

        if self._wish_kept is None:
            self._wish_kept = Wish()
        return self._wish_kept

    def on_mount(self) -> None:
        from pft_tui.reports.catalogue import REPORTS
        from pft_tui.tui.results.wish import LISTED

        labels = [(REPORTS[name].label,) for name in LISTED]
        reports = self.query_one("#reports", LongTable)
        reports.fill([Column("Results", 20)], len(labels), lambda row: labels[row])
        self.query_one("#table").display = False
        self.query_one("#picture").focus()

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")
        if self._found is not None:
            self._show_words(self._found)

    async def show(self, pulse: Pulse) -> None:
        del pulse
        snapshot = self.feed.workspace.snapshot
        stat = snapshot.stat() if snapshot.exists() else None
        stamp = (stat.st_mtime_ns, stat.st_ino) if stat else None
        if stamp is not None and stamp != self._stamp:
            self._stamp, self._ground = stamp, None
            self._load()

    def remember(self) -> dict[str, Any]:
        pointed = list(self._pointed) if self._pointed else None
        return {"wish": self._wish.as_data(), "row": pointed, "column": self._column}

    def recall(self, memory: Mapping[str, Any]) -> None:
        from pft_tui.tui.results.wish import LISTED, wish_from

        wish = memory.get("wish")
        self._wish_kept = wish_from(wish) if isinstance(wish, Mapping) else None
        row, column = memory.get("row"), memory.get("column")
        self._pointed = tuple(row) if isinstance(row, list) else None
        self._column = column if isinstance(column, str) else None
        self.query_one("#reports", LongTable).row = LISTED.index(self._wish.report)

    def exports(self) -> Mapping[str, Way]:
        from pft_tui.tui.results.files import FIGURES, SHEETS, write_figure, write_sheet

        if self._found is None or self._found.setting is None:
            return {}
        media = FIGURES if self._wish.shown.plot else ()
        sheets = {suffix: partial(write_sheet, self._found, suffix) for suffix in SHEETS}
        return sheets | {f"figure.{suffix}": partial(write_figure, self._found, suffix) for suffix in media}

    def copied(self) -> str:
        if self._found is None or not self._found.rows:
            return ""
        if self._wish.draws:
            return "\t".join(self._found.sheet.cells[self._row])
        return self._found.sheet.cells[self._row][self.query_one("#table", LongTable).column]

    # Keys

    def action_report(self, by: int) -> None:
        """Show the next report of the list."""
        self._change(self._wish.next_report(by))

    def action_table(self) -> None:
        """Change between the figure and its table."""
        if self._wish.shown.figure is None:
            self.notify(f"{self._wish.shown.label} is a table: it has no figure")
            return
        self._change(replace(self._wish, as_table=not self._wish.as_table))

    def action_metric(self) -> None:
        """Take the next score: macro F1, accuracy, weighted F1."""
        self._change(self._wish.next_metric())

    def action_intervals(self) -> None:
        """Change between standard errors and 95 % intervals that draw whole speakers."""
        from pft_tui.reports.intervals import has_intervals

        if not has_intervals(self._wish.name):
            self.notify(f"{self._wish.shown.label} has no standard errors that could be intervals")
            return
        self._change(replace(self._wish, intervals=not self._wish.intervals))

    def action_paper(self) -> None:
        """Put the paper's numbers beside these, or leave them out again."""
        from pft_tui.reports.catalogue import REPORTS

        report = REPORTS[self._wish.report]
        if report.vs_paper is None:
            self.notify(f"The paper gives no numbers for {report.label}: Table 1 and Power set have them")
            return
        wish = replace(self._wish, beside_paper=not self._wish.beside_paper)
        if wish.beside_paper and wish.name == wish.report:
            self.notify("The paper's numbers are macro F1: m changes the score", severity="warning")
            return
        self._change(wish)

    def action_clear(self) -> None:
        """Let results rest on all trials again."""
        from pft_tui.store.subset import ALL

        self._change(self._wish.narrowed(ALL))

    @work
    async def action_narrow(self) -> None:
        """Choose languages, emotions, speakers and k that results rest on."""
        from pft_tui.tui.results.narrowing import Narrow

        if self._ground is not None:
            subset = await self.app.push_screen_wait(Narrow(self._ground.facets, self._wish.subset))
            if subset is not None:
                self._change(self._wish.narrowed(subset))

    @work
    async def action_setting(self) -> None:
        """Choose the protocol, encoder and downstream corpus whose results are shown."""
        from pft_tui.tui.results.findings import name_of

        if self._ground is None:
            return
        there = {each.caption: name_of(each) for each in self._ground.settings}
        if len(there) < 2:
            self.notify("There is one protocol, encoder and downstream corpus only")
            return
        caption = await self.app.push_screen_wait(Choose("Results of", list(there)))
        if caption is not None:
            self._change(replace(self._wish, setting=there[caption]))

    @on(LongTable.Moved, "#reports")
    def _pick(self, event: LongTable.Moved) -> None:
        from pft_tui.tui.results.wish import LISTED

        self._change(replace(self._wish, report=LISTED[event.table.row]))

    @on(LongTable.Chosen, "#reports")
    def _enter(self) -> None:
        self._face.focus()

    @on(Picture.Stepped)
    def _step(self, event: Picture.Stepped) -> None:
        from pft_tui.tui.results.pointing import neighbour

        if self._found is not None and self._found.rows:
            self._point(neighbour(self._found, self._places, self._row, event.right, event.down))

    @on(Picture.Pointed)
    def _click(self, event: Picture.Pointed) -> None:
        self._point(event.row)

    @on(LongTable.Moved, "#table")
    def _move(self, event: LongTable.Moved) -> None:
        if self._found is not None and self._found.rows and not self._wish.draws:
            self._column = self._found.names[min(event.table.column, len(self._found.names) - 1)]
            self._point(event.table.row)

    @on(Picture.Chosen)
    @on(LongTable.Chosen, "#table")
    def _open(self) -> None:
        """Show the trials behind the number under the cursor."""
        from pft_tui.tui.results.pointing import trials_behind

        if self._found is not None and self._found.rows:
            column = "" if self._wish.draws else self._column or ""
            self.dashboard.open_trials(trials_behind(self._found, self._row, column))

    @on(Picture.Resized)
    def _resized(self) -> None:
        if self._found is not None and self._found.wish.draws:
            self._redraw()

    # What is shown

    @property
    def _face(self) -> Picture | LongTable:
        """The figure or the table, whichever is shown."""
        if self._wish.draws:
            return self.query_one("#picture", Picture)
        return self.query_one("#table", LongTable)

    @property
    def _row(self) -> int:
        """The place of the row under the cursor."""
        keys = self._keys()
        row = keys.index(self._pointed) if self._pointed in keys else 0
        return row if row in self._places else self._places[0]

    @property
    def _places(self) -> Sequence[int]:
        """The rows that the cursor can go to: there is one at least."""
        from pft_tui.tui.results.pointing import pointable

        if self._found is None:
            return range(1)
        drawn = self.query_one("#picture", Picture).places if self._found.wish.draws else ()
        return pointable(self._found, drawn) or range(max(1, len(self._found.rows)))

    def _keys(self) -> list[tuple[object, ...]]:
        if self._found is None:
            return []
        names = self._found.wish.shown.order
        return [tuple(row[name] for name in names) for row in self._found.rows]

    def _change(self, wish: Wish) -> None:
        """Show something else."""
        from pft_tui.tui.results.wish import LISTED

        if wish == self._wish_kept:
            return
        self._wish_kept = wish
        reports = self.query_one("#reports", LongTable)
        with self.prevent(LongTable.Moved):
            reports.row = LISTED.index(wish.report)
        self.query_one("#title", Static).update(self._title(wish, "…"))  # it may take a moment
        self._load()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        """Find what is wished for and show it."""
        from pft_tui.tui.results.findings import find, ground

        place, wish = self.feed.workspace, self._wish
        if self._ground is None:
            self._ground = await self.off(ground, place)
        try:
            found = await asyncio.to_thread(find, place, wish)
        except PftError as error:
            if wish == self._wish:
                self._show_trouble(wish, error)
            return
        if wish != self._wish:
            return
        lines = await self._drawn(found)
        if wish != self._wish:
            return
        is_same = self._found is not None and found.is_as(self._found)
        self._found = found
        if is_same:
            return
        self._show_words(found)
        self._show_face(found, lines)
        self.warm()

    def _show_trouble(self, wish: Wish, error: PftError) -> None:
        """Say why there is nothing to show, and what to do about it."""
        self._found = None
        picture, table = self.query_one("#picture", Picture), self.query_one("#table", LongTable)
        picture.show([])
        table.fill([], 0, lambda _row: None)
        self.query_one("#title", Static).update(self._title(wish))
        self.query_one("#notes", Static).update(Text(str(error)))
        self.query_one("#said", Static).update("")

    def _show_words(self, found: Findings) -> None:
        wish = found.wish
        notes = list(found.sheet.notes)
        if wish.reading.intervals:
            notes.append("95 % intervals draw whole speakers")
        self.query_one("#title", Static).update(self._title(found.wish))
        self.query_one("#notes", Static).update(
            Text(" · ".join(notes) or "No trials of this choice: x takes all")
        )

    def _title(self, wish: Wish, more: str = "") -> Text:
        """The title; where there is no list beside it, with the place in the list and the keys for others."""
        from pft_tui.reports.subsets import in_title
        from pft_tui.tui.results.wish import LISTED

        title = in_title(wish.shown.title, wish.subset.metric)
        place = LISTED.index(wish.report) + 1
        beside = f"  [ {place}/{len(LISTED)} ]" if self.has_class("-narrow") else ""
        return Text.assemble(title, (f"{beside} {more}", "dim"))

    def _show_face(self, found: Findings, lines: Drawn) -> None:
        picture, table = self.query_one("#picture", Picture), self.query_one("#table", LongTable)
        had_focus = picture.has_focus or table.has_focus
        picture.display, table.display = found.wish.draws, not found.wish.draws
        if had_focus and not self._face.has_focus:
            self._face.focus()
        if found.wish.draws:
            picture.show(lines)
        else:
            self._fill(found, table)
        if found.rows:
            self._point(self._row)
        else:
            self.query_one("#said", Static).update("")

    def _fill(self, found: Findings, table: LongTable) -> None:
        cells = [
            [_coloured(cell, column.look) for cell, column in zip(row, found.sheet.columns, strict=True)]
            for row in found.sheet.cells
        ]
        headers = [column.header for column in found.sheet.columns]
        numbers = [place for place, column in enumerate(found.sheet.columns) if column.look != "word"]
        if self._column not in found.names:
            looks = [column.look for column in found.sheet.columns]
            first = next((place for place, look in enumerate(looks) if look in ("score", "delta")), 0)
            self._column = found.names[first]
        row, column = self._row, found.names.index(self._column or found.names[0])
        with self.prevent(LongTable.Moved):
            table.fill(fitting(headers, cells, numbers, _MOST_WIDTH), len(cells), lambda row: cells[row])
            table.row, table.column = row, column
        table.call_after_refresh(table.reveal)  # it may not have been laid out yet

    @work(group="draw", exclusive=True)
    async def _redraw(self) -> None:
        """Draw the figure into another room."""
        found = self._found
        if found is not None:
            lines = await self._drawn(found)
            if found is self._found:
                self.query_one("#picture", Picture).show(lines)
                self._point(self._row)

    async def _drawn(self, found: Findings) -> Drawn:
        """The figure in the room there is; nothing while there is none: the picture says when there is."""
        from pft_tui.reports.room import Size
        from pft_tui.tui.results.findings import draw

        picture, table = self.query_one("#picture", Picture), self.query_one("#table", LongTable)
        size = (picture if picture.display else table).outer_size  # a scroll bar takes of `size`
        if not (found.wish.draws and found.rows) or size.width < 2 or size.height < 1:
            return []
        return await self.off(draw, found, Size(size.width, size.height)) or []

    def _point(self, row: int) -> None:
        """Put the cursor on a row, and say what it is."""
        from pft_tui.tui.results.pointing import words

        found = self._found
        assert found is not None
        self._pointed = self._keys()[row]
        if found.wish.draws:
            self.query_one("#picture", Picture).point(row)
        self.query_one("#said", Static).update(Text(words(found.sheet, row)))


def _coloured(cell: str, look: str) -> Cell:
    """A difference in the colour of better or worse."""
    if look != "delta":
        return cell
    return cell, {"+": _BETTER, MINUS: _WORSE}.get(cell[:1], "")
