"""Sheets laid out in columns of characters, fast enough for results of tens of thousands of rows.

Where the width does not hold a row, words wrap; where it does not even hold the longest words, each row
becomes a list of its columns. Nothing is ever cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style

from pft_tui.reports import palette
from pft_tui.reports.catalogue import Column
from pft_tui.reports.sheet import Sheet
from pft_tui.reports.values import DASH, MINUS

_GAP = "  "
_HEADER = Style(bold=True)
_DIM = Style(dim=True)
_BETTER = Style.parse(palette.style(palette.BETTER))
_WORSE = Style.parse(palette.style(palette.WORSE))


def laid_out(sheet: Sheet, width: int | None) -> Iterator[Segment]:
    """The sheet's header and rows within `width` columns, or as wide as they are."""
    widths = _widths(sheet, width)
    if widths is None:
        assert width is not None
        yield from _records(sheet, width)
        return
    yield from _row([column.header for column in sheet.columns], sheet.columns, widths, _HEADER)
    yield from _rule(widths)
    for place, row in enumerate(sheet.cells):
        if place in sheet.blocks:
            yield from _rule(widths)
        yield from _row(row, sheet.columns, widths)


def _widths(sheet: Sheet, width: int | None) -> list[int] | None:
    """How wide each column is, or None where the columns do not fit even with every line broken."""
    by_column = list(zip([column.header for column in sheet.columns], *sheet.cells, strict=True))
    widths = [max(cell_len(line) for cell in cells for line in cell.split("\n")) for cells in by_column]
    if width is None:
        return widths
    room = width - len(_GAP) * (len(widths) - 1)
    if sum(widths) <= room:
        return widths
    least = [
        max((cell_len(word) for cell in cells for word in cell.split()), default=0) for cells in by_column
    ]
    if sum(least) > room:
        return None
    widths = [min(natural, room) for natural in widths]
    while sum(widths) > room:
        slack = [wide - narrow for wide, narrow in zip(widths, least, strict=True)]
        widths[slack.index(max(slack))] -= 1
    return widths


def _row(
    cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int], style: Style | None = None
) -> Iterator[Segment]:
    folded = [list(_folded(cell, width)) for cell, width in zip(cells, widths, strict=True)]
    for line in range(max(map(len, folded), default=0)):
        for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
            text = folded[place][line] if line < len(folded[place]) else ""
            space = " " * (width - cell_len(text))
            last = place == len(widths) - 1
            padded = space + text if column.look != "word" else text if last else text + space
            yield Segment(padded if last else padded + _GAP, style or _style(text, column))
        yield Segment.line()


def _records(sheet: Sheet, width: int) -> Iterator[Segment]:
    names = max(cell_len(column.header) for column in sheet.columns)
    room = max(width - names - 2 * len(_GAP), 1)
    for number, row in enumerate(sheet.cells, start=1):
        yield Segment(f"row {number}", _HEADER)
        yield Segment.line()
        for column, cell in zip(sheet.columns, row, strict=True):
            label = column.header + " " * (names - cell_len(column.header))
            for line in _folded(cell, room):
                yield Segment(_GAP + label + _GAP)
                yield Segment(line, _style(cell, column))
                yield Segment.line()
                label = " " * names


def _rule(widths: Sequence[int]) -> Iterator[Segment]:
    yield Segment(_GAP.join("─" * width for width in widths), _DIM)
    yield Segment.line()


def _folded(cell: str, width: int) -> Iterator[str]:
    """The lines of a cell, broken between words where there are any and within a word that is too long."""
    for line in cell.split("\n"):
        if cell_len(line) <= width:
            yield line
        else:
            yield from _wrapped(line.split(" "), width)


def _wrapped(words: Iterable[str], width: int) -> Iterator[str]:
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        *full, line = chop_cells(word, width)
        yield from full
    yield line


def _style(cell: str, column: Column) -> Style | None:
    if cell == DASH:
        return _DIM
    if column.look == "delta":
        return {"+": _BETTER, MINUS: _WORSE}.get(cell[:1])
    return None
