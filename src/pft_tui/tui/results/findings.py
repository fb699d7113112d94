"""What is found in the snapshot for a wish: rows, as a sheet and as a figure. It blocks; for threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from rich.console import Console, Group
from rich.segment import Segment
from rich.text import Text

from pft_tui.paths import Workspace
from pft_tui.reports.catalogue import named
from pft_tui.reports.figures import Figure, fitted
from pft_tui.reports.results import SETTING, Setting, notes_on, of_setting, rows_of, settings, why_empty
from pft_tui.reports.room import Size, TooSmall
from pft_tui.reports.rows import PLACE, Row
from pft_tui.reports.sheet import Sheet, sheet_of, shown_columns
from pft_tui.reports.subsets import Facets, facets, narrowed
from pft_tui.store.read import Table, held_open, query
from pft_tui.tui.results.wish import SettingName, Wish

_SETS = """
select corpus_set
from comparable_trials
where setting.protocol = $protocol and setting.encoder = $encoder and setting.downstream = $downstream
group by n_corpora, corpus_set
order by n_corpora, corpus_set
"""
Drawn = list[list[Segment]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a snapshot has, whatever is wished for: its settings and what trials can be narrowed to."""

    settings: tuple[Setting, ...]
    facets: Facets


@dataclass(frozen=True, slots=True)
class Findings:
    """The rows of a report in one setting, each with its place; None for `setting` where there is none.

    `names` are the columns of the sheet, `sets` all sets of corpora of the setting.
    """

    wish: Wish
    setting: Setting | None
    table: Table
    rows: tuple[Row, ...]
    names: tuple[str, ...]
    sheet: Sheet
    sets: tuple[str, ...]

    def is_as(self, other: Findings) -> bool:
        """Whether both look the same."""
        return (self.wish, self.rows, self.sheet) == (other.wish, other.rows, other.sheet)


def ground(workspace: Workspace) -> Ground:
    """What there is. Raises StoreError where there is no snapshot."""
    with held_open(workspace):
        return Ground(tuple(settings(workspace, {})), facets(workspace))


def find(workspace: Workspace, wish: Wish) -> Findings:
    """What the snapshot has for the wish.

    Raises StoreError where it cannot be read, UsageError where a statistic cannot be computed.
    """
    with held_open(workspace, wish.subset):
        there = settings(workspace, {})
        wanted = [each for each in there if name_of(each) == wish.setting]
        setting = next(iter(wanted or there), None)
        names = dict(zip(SETTING, name_of(setting), strict=True)) if setting else {}
        report, reading = wish.shown, wish.reading
        table = rows_of(workspace, wish.name, report, names, intervals=reading.intervals)
        sets = query(workspace, _SETS, names).rows if setting else []
        rows = of_setting(table, setting) if setting else []
        if setting:
            notes = notes_on(report, setting, rows, reading)
        else:
            notes = [] if narrowed(wish.subset) else [f"No rows yet: {why_empty(workspace, report)}"]
    placed = tuple({**row, PLACE: place} for place, row in enumerate(rows))
    return Findings(
        wish,
        setting,
        table,
        placed,
        shown_columns(report, placed, reading),
        sheet_of(report, placed, notes, reading),
        tuple(name for (name,) in sets),
    )


def name_of(setting: Setting) -> SettingName:
    """What a setting is called in a wish."""
    return setting.protocol, setting.encoder, setting.downstream


def draw(findings: Findings, size: Size) -> Drawn:
    """The figure in a room, line by line; as long as it has to be where the lines of the room are too few.

    It then leaves a column for a scroll bar. Where the room is too narrow it says so.
    """
    lines = _drawn(findings, size)
    if len(lines) > size.lines:
        lines = _drawn(findings, size._replace(columns=size.columns - 1))
    return lines


def _drawn(findings: Findings, size: Size) -> Drawn:
    wish = findings.wish
    made = fitted(cast(Figure, named(wish.shown.figure or "")), findings.rows, size, wish.reading)
    if isinstance(made, TooSmall):
        made = Group(made, Text("The terminal is too narrow for it: t shows the table", style="dim"))
    console = Console(width=size.columns, color_system="truecolor", legacy_windows=False)
    return console.render_lines(made, console.options.update(width=size.columns))
