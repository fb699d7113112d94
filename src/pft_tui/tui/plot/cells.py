"""A piece of the screen as arrays of characters and styles, turned into Textual's strips line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from pft_tui.reports.room import Size

FILLER = ""  # the right half of a character that is two columns wide


class Cells:
    """A grid of characters, each with the number of its style in a table that whoever draws keeps."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.characters: NDArray[np.str_] = np.full((size.lines, size.columns), " ", dtype="<U1")
        self.styles: NDArray[np.int16] = np.zeros((size.lines, size.columns), dtype=np.int16)

    def write(self, line: int, column: int, text: str, style: int = 0) -> int:
        """Write what fits of a text; the column after it."""
        room = self.size.columns - column
        if room <= 0 or not 0 <= line < self.size.lines:
            return column
        if cell_len(text) > room:
            text = set_cell_size(text, room)
        if cell_len(text) == len(text):
            return self._write_narrow(line, column, text, style)
        at = column
        for character in text:
            width = cell_len(character)
            if not width:
                continue
            self.characters[line, at : at + width] = FILLER
            self.characters[line, at] = character
            self.styles[line, at : at + width] = style
            at += width
        return at

    def _write_narrow(self, line: int, column: int, text: str, style: int) -> int:
        """Write a text each character of which takes one column."""
        end = column + len(text)
        self.characters[line, column:end] = np.frombuffer(text.encode("utf-32-le"), dtype="<U1")
        self.styles[line, column:end] = style
        return end

    def strip(self, line: int, styles: Sequence[Style]) -> Strip:
        """One line, with the styles of the table."""
        numbers = self.styles[line]
        if not len(numbers):
            return Strip([])
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        ends = np.append(starts[1:], len(numbers))
        segments = [
            Segment("".join(self.characters[line, start:end]), styles[numbers[start]])
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]
        return Strip(segments, self.size.columns)

    def differences(self, other: Cells) -> Iterator[Region]:
        """For each line that differs in another grid of the same size, the stretch that does."""
        differ = (self.characters != other.characters) | (self.styles != other.styles)
        for line in np.flatnonzero(differ.any(axis=1)).tolist():
            columns = np.flatnonzero(differ[line])
            yield Region(int(columns[0]), line, int(columns[-1] - columns[0]) + 1, 1)
