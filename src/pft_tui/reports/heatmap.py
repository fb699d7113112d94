"""The power set as a table with coloured cells: which corpora help, and at which k."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from pft_tui.reports import palette
from pft_tui.reports.room import NOTHING_YET, Size, needs, wrapped
from pft_tui.reports.rows import Row, number, unfinished, whole

_DARK: palette.Colour = (38, 38, 38)


def powerset(rows: Sequence[Row], size: Size) -> RenderableType:
    """Mean macro F1 for each set of corpora and each k, with its change against `base` by sign and colour.

    A dot stands in the column of each corpus that a set holds, `*` before a mean that lacks trials. The
    table is as long as there are sets: the lines of `size` are no limit to it.
    """
    known = [row for row in rows if number(row, "mean_f1") is not None]
    if not known:
        return NOTHING_YET
    shots = sorted({whole(row, "k") for row in known})
    sets = sorted({_members(row) for row in known}, key=lambda members: (len(members), members))
    corpora = sorted({corpus for members in sets for corpus in members})
    beside = 2 * len(corpora)
    decimals = 3 if beside + _width(3) * len(shots) <= size.columns else 2
    least = Size(beside + _width(decimals) * len(shots), 1)
    if not size.holds(least):
        return needs(least)
    table = Table(box=None, padding=0, header_style="bold")
    for letter in ascii_letters[: len(corpora)]:
        table.add_column(letter, width=2)
    for shot in shots:
        table.add_column(f"k={shot}", justify="center", width=_width(decimals))
    cells = {(_members(row), row["k"]): row for row in known}
    largest = max(abs(number(row, "delta_vs_base") or 0.0) for row in known)
    for members in sets:
        dots = ("●" if corpus in members else "·" for corpus in corpora)
        means = (_cell(cells.get((members, shot)), largest, decimals) for shot in shots)
        table.add_row(*dots, *means)
    named = [Text(f"{letter} {corpus}") for letter, corpus in zip(ascii_letters, corpora, strict=False)]
    notes = ["macro F1, ± against base"] + ["* trials missing"] * any(map(unfinished, known))
    return Group(wrapped([*named, *(Text(note, style="dim") for note in notes)], size.columns), table)


def _members(row: Row) -> tuple[str, ...]:
    """The corpora of a set; `base` has none."""
    return tuple(str(row["corpus_set"]).split("+")) if row["n_corpora"] else ()


def _width(decimals: int) -> int:
    """The columns of a cell such as ` 0.62 +.04`."""
    return len(" 0. +.") + 2 * decimals


def _cell(row: Row | None, largest: float, decimals: int) -> Text:
    mean = number(row, "mean_f1") if row else None
    if row is None or mean is None:
        return Text("–", style="dim")
    text = f"{'*' if unfinished(row) else ' '}{mean:.{decimals}f} "
    delta = number(row, "delta_vs_base") if row["n_corpora"] else None
    if delta is None:
        return Text(text.ljust(_width(decimals)))
    change = f"{delta:+.{decimals}f}".replace("-", "−").replace("0.", ".", 1)
    return Text(text + change, style=_shade(delta, largest))


def _shade(delta: float, largest: float) -> Style:
    """A background between dark (no change) and the colour of better or worse (the largest change)."""
    towards = palette.BETTER if delta > 0 else palette.WORSE
    share = abs(delta) / largest if largest else 0.0
    red, green, blue = (
        round(dark + share * (bright - dark)) for dark, bright in zip(_DARK, towards, strict=True)
    )
    text = "black" if 0.3 * red + 0.59 * green + 0.11 * blue > 128 else "bright_white"
    return Style(color=text, bgcolor=palette.style((red, green, blue)))
