"""Sheets and figures on a terminal, or as plain text in a pipe or a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.segment import Segments
from rich.text import Text

from pft_tui.reports import palette
from pft_tui.reports.layout import laid_out
from pft_tui.reports.results import Progress
from pft_tui.reports.room import Size
from pft_tui.reports.sheet import Sheet

_BESIDE = 6  # the lines that a prompt, a title and notes take beside a figure
_BAR = 24
_LEAST_LINES, _MOST_LINES = 16, 40


def console_for(out: TextIO) -> Console:
    """A console that writes to `out`: in colour on a terminal that has it, without NO_COLOR, else plain."""
    return Console(file=out, highlight=False, markup=False, emoji=False)


def figure_size(console: Console) -> Size:
    """The room for a figure: the console's width and most of its height, within reason."""
    return Size(console.width, min(max(console.height - _BESIDE, _LEAST_LINES), _MOST_LINES))


def show_heading(title: str, notes: Iterable[str], console: Console) -> None:
    """Print a title and the notes that go with it, if there are any."""
    lines = [Text(title, style="bold")] * bool(title) + [Text(note, style="dim") for note in notes]
    for line in lines:
        console.print(line, soft_wrap=not console.is_terminal)


def show_sheet(sheet: Sheet, console: Console) -> None:
    """Print a sheet, within the width of a terminal, as wide as it is anywhere else."""
    show_heading(sheet.title, sheet.notes, console)
    width = console.width if console.is_terminal else None
    console.print(Segments(laid_out(sheet, width)), end="", soft_wrap=True)


def show_progress(kinds: Iterable[Progress], console: Console) -> None:
    """Print a line for each kind of job: a bar, how many have finished, what runs and what failed."""
    for kind in kinds:
        full = round(_BAR * kind.finished / kind.total) if kind.total else 0
        counts = [f"{kind.finished:,} of {kind.total:,}"]
        counts += [f"{kind.running:,} running"] * bool(kind.running)
        counts += [f"{kind.failed:,} failed"] * bool(kind.failed)
        bar = ("━" * full, palette.style(palette.GREEN)), ("─" * (_BAR - full), "dim")
        console.print(Text.assemble(f"{kind.kind:<12}", *bar, f"  {', '.join(counts)}"))
