"""Results to a stream, in any format: what `pft results` and `pft sql` do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO, cast

from pft_tui.errors import UsageError
from pft_tui.paths import Workspace
from pft_tui.reports.catalogue import REPORTS, Report, named, report
from pft_tui.reports.figures import Figure, fitted
from pft_tui.reports.formats import WRITERS, Format
from pft_tui.reports.markup import latex, markdown
from pft_tui.reports.reading import PLAIN, Reading, readable
from pft_tui.reports.results import (
    Setting,
    Wanted,
    notes_on,
    of_setting,
    progress,
    rows_of,
    settings,
    why_empty,
)
from pft_tui.reports.room import TooSmall
from pft_tui.reports.rows import Row
from pft_tui.reports.sheet import Sheet, plain_sheet, sheet_of
from pft_tui.reports.subsets import check, in_title, narrowed
from pft_tui.reports.terminal import console_for, figure_size, show_heading, show_progress, show_sheet
from pft_tui.store.read import Table, held_open
from pft_tui.store.subset import ALL, Subset

OVERVIEW = ("table1", "figure2")


@dataclass(frozen=True, slots=True)
class Output:
    """Where a result goes: the data to `out` in a format, words about it to `say`.

    With `plot` figures are drawn, without it they are tables of numbers; None draws them on a terminal.
    """

    out: TextIO
    format: Format
    say: Callable[[str], None]
    plot: bool | None = None

    @property
    def draws(self) -> bool:
        """Whether a figure is drawn."""
        on_terminal = console_for(self.out).is_terminal
        return self.format is Format.TABLE and (on_terminal if self.plot is None else self.plot)


def show_table(table: Table, output: Output) -> None:
    """Any result of a query, whole."""
    if output.format in WRITERS:
        WRITERS[output.format](table, output.out)
        return
    write_sheet(plain_sheet(table), output)
    output.say(f"{len(table.rows):,} row{'s' * (len(table.rows) != 1)}")


def show_report(
    workspace: Workspace, name: str, wanted: Wanted, output: Output, reading: Reading = PLAIN
) -> None:
    """One report for every setting with the wanted names (see `results.settings`).

    Raises UsageError where there is no such report, setting or trial, or where it cannot be read that way
    or drawn.
    """
    chosen = readable(name, reading)
    if output.plot and not chosen.figure:
        drawn = ", ".join(name for name, entry in REPORTS.items() if entry.figure)
        raise UsageError(f"{name} has no figure", hint=f"--plot draws {drawn}")
    if output.plot and output.format is not Format.TABLE:
        raise UsageError(f"{output.format} is not for figures", hint="leave --plot or the format out")
    check(workspace, reading.subset)
    with held_open(workspace, reading.subset):
        _show(workspace, name, _settings(workspace, wanted, reading.subset), wanted, output, reading)


def show_overview(workspace: Workspace, wanted: Wanted, output: Output, subset: Subset = ALL) -> None:
    """How far everything is, then the reports that tell most.

    Raises UsageError for a format that holds one table alone, and where no trial is of the subset.
    """
    if output.format in WRITERS:
        raise UsageError(f"{output.format} holds one table: name it", hint=f"there are: {', '.join(REPORTS)}")
    check(workspace, subset)
    with held_open(workspace, subset):
        if output.format is Format.TABLE:
            console = console_for(output.out)
            kinds = progress(workspace)
            published = datetime.fromtimestamp(workspace.snapshot.stat().st_mtime)
            show_heading("Progress", [f"as of {published:%Y-%m-%d %H:%M:%S}"], console)
            show_progress(kinds, console)
        there = _settings(workspace, wanted, subset)
        if not there:
            output.say(f"There are no tables yet: {why_empty(workspace)}")
            return
        for place, name in enumerate(OVERVIEW):
            if place or output.format is Format.TABLE:
                output.out.write("\n")
            _show(workspace, name, there, wanted, output, Reading(subset))


def _settings(workspace: Workspace, wanted: Wanted, subset: Subset) -> list[Setting]:
    """The settings with trials of the subset. Raises UsageError where no trial has all that it asks for."""
    there = settings(workspace, wanted)
    if not there and (only := narrowed(subset)):
        raise UsageError(f"no trials with all of {'; '.join(only)}", hint="leave one of them out")
    return there


def _show(
    workspace: Workspace,
    name: str,
    there: Sequence[Setting],
    wanted: Wanted,
    output: Output,
    reading: Reading,
) -> None:
    chosen = report(name)
    table = rows_of(workspace, name, chosen, wanted, intervals=reading.intervals)
    if output.format in WRITERS:
        WRITERS[output.format](table, output.out)
        for setting in there:
            for words in notes_on(chosen, setting, of_setting(table, setting), reading):
                output.say(words)
    else:
        found = ((setting, of_setting(table, setting)) for setting in there)
        for place, (setting, rows) in enumerate((setting, rows) for setting, rows in found if rows):
            if place:
                output.out.write("\n")
            _show_setting(chosen, rows, notes_on(chosen, setting, rows, reading), output, reading)
    if not table.rows:
        output.say(f"{name} has no rows yet: {why_empty(workspace, chosen)}")


def _show_setting(
    chosen: Report, rows: Sequence[Row], notes: Sequence[str], output: Output, reading: Reading
) -> None:
    if output.draws and chosen.figure:
        console = console_for(output.out)
        figure = fitted(cast(Figure, named(chosen.figure)), rows, figure_size(console), reading)
        if output.plot or not isinstance(figure, TooSmall):
            show_heading(in_title(chosen.title, reading.subset.metric), notes, console)
            console.print(figure)
            return
        notes = [*notes, str(figure)]
    write_sheet(sheet_of(chosen, rows, notes, reading), output)


def write_sheet(sheet: Sheet, output: Output) -> None:
    """A sheet as people read it: on a terminal, or in Markdown or LaTeX."""
    if output.format is Format.MARKDOWN:
        output.out.write(markdown(sheet))
    elif output.format is Format.LATEX:
        output.out.write(latex(sheet))
    else:
        show_sheet(sheet, console_for(output.out))
