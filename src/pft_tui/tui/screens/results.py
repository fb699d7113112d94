"""Screen 4: the paper's tables and figures, and more, as far as the trials have come; its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from pft_tui.tui.dialogs import Choose
from pft_tui.tui.exports import Way
from pft_tui.tui.longtable import LongTable
from pft_tui.tui.results.picture import Picture
from pft_tui.tui.results.showing import ShowingPane


class ResultsPane(ShowingPane):
    """What is shown of the results, and how, is chosen here; Enter leads to the trials behind a number."""

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
