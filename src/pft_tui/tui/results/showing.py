"""Finding what is wished for of the results, and showing it: as a figure, or as its table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from pft_tui.errors import PftError
from pft_tui.reports import palette
from pft_tui.reports.values import MINUS
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


class ShowingPane(Pane):
    """The reports at the side, and the one that is wished for; `_change` wishes for another."""

    DEFAULT_CSS = """
    ShowingPane #reports { width: 22; margin-right: 1; }
    ShowingPane.-narrow #reports { display: none; }
    ShowingPane #title { height: auto; text-style: bold; }
    ShowingPane #notes { height: auto; color: $text-muted; }
    ShowingPane #said { height: auto; max-height: 3; background: $surface; }
    ShowingPane #picture, ShowingPane #table { height: 1fr; }
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

    # What is under the cursor

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

    # What is shown

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

    @on(Picture.Resized)
    @work(group="draw", exclusive=True)
    async def _redraw(self) -> None:
        """Draw the figure into another room."""
        found = self._found
        if found is not None and found.wish.draws and found.rows:
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
