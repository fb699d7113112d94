"""Screen 3: every trial, narrowed by facets; one in full, or up to eight laid over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from pft_tui.tui.dialogs import Choose
from pft_tui.tui.exports import Way, write_table
from pft_tui.tui.feed import Pulse
from pft_tui.tui.longtable import Column, LongTable
from pft_tui.tui.pane import Pane
from pft_tui.tui.trials.facets import Chosen, Line, line_cells, lines_of, toggled
from pft_tui.tui.trials.rows import cells_of, columns_for, facet_words, order_words

if TYPE_CHECKING:
    from pft_tui.store.read import Table

NARROW, WIDE = 100, 150
MOST_OVERLAID = 8
FACETS_WIDTH, WIDE_FACETS = 32, 56
FIRST_ORDER = "corpora"


class TrialsPane(Pane):
    """Facets at the side, the trials that they leave, and what is known of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "facets", "Facets"),
        Binding("x", "clear", "All trials"),
        Binding("space", "mark", "Mark", key_display="␣"),
        Binding("o", "overlay", "Overlay"),
        Binding("m", "means", "Group means"),
        Binding("s", "order", "Sort"),
    ]
    DEFAULT_CSS = """
    TrialsPane #facets { width: 34; margin-right: 1; }
    TrialsPane.-wide #facets { width: 58; }
    TrialsPane.-narrow #facets { display: none; }
    TrialsPane.-narrow.-facets #facets { display: block; }
    TrialsPane #sum { height: 1; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._chosen: Chosen = {}
        self._order = FIRST_ORDER
        self._marked: list[str] = []
        self._lines: list[Line] = []
        self._table: Table | None = None
        self._as_of: float | None = None
        self._return_to: str | None = None

    def body(self) -> ComposeResult:
        with Horizontal():
            yield LongTable(id="facets")
            with Vertical():
                yield Static(id="sum")
                yield LongTable(id="trials")

    def on_mount(self) -> None:
        table = self.query_one("#trials", LongTable)
        table.is_marked = lambda row: self._trial_at(row) in self._marked
        table.focus()

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")
        self.set_class(self.size.width >= WIDE, "-wide")

    async def show(self, pulse: Pulse) -> None:
        del pulse
        snapshot = self.feed.workspace.snapshot
        as_of = snapshot.stat().st_mtime if snapshot.exists() else None
        if as_of is not None and as_of != self._as_of:
            self._as_of = as_of
            await self._load()

    def remember(self) -> dict[str, Any]:
        row = self.query_one("#trials", LongTable).row
        return {
            "chosen": self._chosen,
            "order": self._order,
            "marked": self._marked,
            "trial": self._trial_at(row),
        }

    def recall(self, memory: Mapping[str, Any]) -> None:
        from pft_tui.reports.trials import FACETS, ORDERS

        chosen = memory.get("chosen")
        if isinstance(chosen, dict):
            self._chosen = {
                name: values for name, values in chosen.items() if name in FACETS and isinstance(values, list)
            }
        if memory.get("order") in ORDERS:
            self._order = memory["order"]
        if isinstance(marked := memory.get("marked"), list):
            self._marked = [str(trial_id) for trial_id in marked][:MOST_OVERLAID]
        self._return_to = memory.get("trial") if isinstance(memory.get("trial"), str) else None

    def narrow(self, choice: Mapping[str, Sequence[str | int]]) -> None:
        """Show the trials of a choice of values by facet, as another screen asks for."""
        self._chosen = {facet: list(values) for facet, values in choice.items() if values}
        self._reload()

    def exports(self) -> Mapping[str, Way]:
        table = self._table
        return {"csv": partial(write_table, table.columns, table.rows)} if table is not None else {}

    def copied(self) -> str:
        return self._trial_at(self.query_one("#trials", LongTable).row) or ""

    # Keys

    def action_facets(self) -> None:
        """Go to the facets and back; on a narrow terminal they come and go."""
        facets, table = self.query_one("#facets", LongTable), self.query_one("#trials", LongTable)
        if self.focused is facets:
            self.remove_class("-facets")
            self.set_focus(table)
        else:
            self.add_class("-facets")
            self.set_focus(facets)  # now: the next key may be there already

    def action_clear(self) -> None:
        """Show all trials."""
        self._chosen = {}
        self._reload()

    def action_mark(self) -> None:
        """Choose a value of a facet, or mark a trial to be laid over others."""
        facets, table = self.query_one("#facets", LongTable), self.query_one("#trials", LongTable)
        if self.focused is facets:
            self._toggle(facets.row)
            return
        trial_id = self._trial_at(table.row)
        if trial_id is None:
            return
        if trial_id in self._marked:
            self._marked.remove(trial_id)
        elif len(self._marked) == MOST_OVERLAID:
            self.notify(f"{MOST_OVERLAID} curves at the most can be told apart", severity="warning")
        else:
            self._marked.append(trial_id)
        table.redraw([table.row])
        table.action_move(1)
        self._sum_up()

    @work
    async def action_order(self) -> None:
        """Put the trials in another order."""
        from pft_tui.reports.trials import ORDERS

        order = await self.app.push_screen_wait(Choose("Order", list(ORDERS)))
        if order is not None:
            self._order = order
            self._reload(from_top=True)

    def action_overlay(self) -> None:
        """Lay the curves of the marked trials over each other."""
        from pft_tui.tui.trials.curves import CurvesScreen, overlaid

        marked = self._marked or [each for each in [self.copied()] if each]
        if marked:
            fetch = partial(overlaid, self.feed.workspace, tuple(marked))
            self.app.push_screen(CurvesScreen(f"{len(marked)} trial{'s' * (len(marked) != 1)}", fetch))

    @work
    async def action_means(self) -> None:
        """Compare the mean curves of groups of the trials that are shown."""
        from pft_tui.reports.trials import FACETS
        from pft_tui.tui.trials.curves import CurvesScreen, group_means

        title = await self.app.push_screen_wait(Choose("Mean curves by", list(FACETS.values())))
        if title is not None:
            facet = next(name for name, header in FACETS.items() if header == title)
            fetch = partial(group_means, self.feed.workspace, dict(self._chosen), facet)
            self.app.push_screen(
                CurvesScreen(f"Mean curves by {facet_words(title)}, ± one standard error", fetch)
            )

    @on(LongTable.Chosen, "#trials")
    def _open(self, event: LongTable.Chosen) -> None:
        from pft_tui.tui.trials.one import TrialScreen

        trial_id = self._trial_at(event.table.row)
        if trial_id is not None:
            self.app.push_screen(TrialScreen(self.feed, trial_id))

    @on(LongTable.Chosen, "#facets")
    def _choose(self, event: LongTable.Chosen) -> None:
        self._toggle(event.table.row)

    def _toggle(self, row: int) -> None:
        if row < len(self._lines):
            self._chosen = toggled(self._chosen, self._lines[row])
            self._reload()

    # What is shown

    def _trial_at(self, row: int) -> str | None:
        if self._table is None or not 0 <= row < len(self._table.rows):
            return None
        return str(self._table.rows[row][0])

    @work(group="load", exclusive=True)
    async def _reload(self, *, from_top: bool = False) -> None:
        await self._load(from_top=from_top)

    async def _load(self, *, from_top: bool = False) -> None:
        from pft_tui.reports.trials import facet_counts, trials

        place = self.feed.workspace
        chosen, order = dict(self._chosen), self._order
        table = await self.off(trials, place, chosen, order)
        counts = await self.off(facet_counts, place, chosen)
        if table is None or counts is None or (chosen, order) != (self._chosen, self._order):
            return
        shown = self.query_one("#trials", LongTable)
        at = self._return_to or self._trial_at(shown.row)
        self._return_to = None
        self._table = table
        shown.fill(columns_for(table), len(table.rows), partial(cells_of, table))
        if from_top:
            shown.row = 0
        elif at != self._trial_at(shown.row):
            shown.row = next((row for row in range(len(table.rows)) if self._trial_at(row) == at), shown.row)
        self._lines = lines_of(counts, chosen)
        room = FACETS_WIDTH if self.size.width < WIDE else WIDE_FACETS
        columns = (Column("", room - 10), Column("Trials", 6, "right"))
        facets = self.query_one("#facets", LongTable)
        facets.fill(columns, len(self._lines), lambda row: line_cells(self._lines[row], self._chosen))
        self._sum_up()

    def _sum_up(self) -> None:
        assert self._table is not None
        words = [f"{len(self._table.rows):,} trials, {order_words(self._order)}"]
        words += [f"{len(self._marked)} marked"] * bool(self._marked)
        words += [" + ".join(str(value) for value in values) for values in self._chosen.values()]
        self.query_one("#sum", Static).update(Text(" · ".join(words), no_wrap=True, overflow="ellipsis"))
