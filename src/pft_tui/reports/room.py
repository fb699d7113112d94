"""The room that a figure has, the legend that takes some of it, and what stands there without a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from string import ascii_letters
from typing import NamedTuple

from rich.text import Text

from pft_tui.reports import palette

NOTHING_YET = Text("Nothing to draw yet: too little has finished")
_GAP = "   "


class Size(NamedTuple):
    """Room on a screen, in characters."""

    columns: int
    lines: int

    def holds(self, least: Size) -> bool:
        """Whether something of the size `least` fits in."""
        return self.columns >= least.columns and self.lines >= least.lines


@dataclass(frozen=True, slots=True)
class TooSmall:
    """What stands in the place of a figure where there is no room for it: how much it takes at least."""

    least: Size

    def __str__(self) -> str:
        columns, lines = self.least
        return f"This figure needs {columns} columns and {lines} line{'s' * (lines != 1)}"

    def __rich__(self) -> Text:
        return Text(str(self), style="dim")


def needs(least: Size) -> TooSmall:
    """What stands in the place of a figure that takes this room at least."""
    return TooSmall(least)


def legend(
    labels: Iterable[str],
    size: Size,
    *,
    notes: Sequence[str] = (),
    symbol: Callable[[int], str] = palette.marker,
) -> tuple[Text, Size]:
    """What the series are called, wrapped to the width, and the room that is left below that."""
    items = [
        Text.assemble((symbol(index), palette.style(palette.colour(index))), f" {label}")
        for index, label in enumerate(labels)
    ]
    items += [Text(note, style="dim") for note in notes]
    lines = wrapped(items, size.columns)
    return lines, Size(size.columns, size.lines - len(lines.split("\n")))


def lettered(names: Iterable[str], notes: Iterable[str], size: Size) -> Text:
    """Which letter stands for which name, then the notes, wrapped to the width."""
    items = [Text(f"{letter} {name}") for letter, name in zip(ascii_letters, names, strict=False)]
    return wrapped([*items, *(Text(note, style="dim") for note in notes)], size.columns)


def wrapped(items: Iterable[Text], columns: int) -> Text:
    """The items side by side, on as many lines as it takes; an item alone may be wider than the columns."""
    lines = [Text()]
    for item in items:
        if lines[-1] and lines[-1].cell_len + len(_GAP) + item.cell_len > columns:
            lines.append(Text())
        lines[-1].append_text(Text(_GAP) + item if lines[-1] else item)
    return Text("\n").join(lines)
