"""The styles of a plot on one background: a table of them, and which number in it is what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.color import Color
from rich.style import Style

from pft_tui.reports import palette
from pft_tui.reports.palette import Colour

PLAIN, FAINT, BOLD, CURSOR = range(4)
_STRONG, _PALE = 4, 5

# On light terminals the palette's colours are darkened by this, to be as legible as on dark ones.
_DARKEN = 0.3
_PALENESS = 0.6
# The same order of hues among the 16 colours of a terminal that has no others.
_SIXTEEN_ON_DARK: tuple[Colour, ...] = (
    (255, 255, 85), (85, 255, 255), (85, 255, 85), (255, 85, 255), (255, 85, 85), (85, 85, 255),
    (170, 170, 170),
)  # fmt: skip
_SIXTEEN_ON_LIGHT: tuple[Colour, ...] = (
    (170, 85, 0), (0, 170, 170), (0, 170, 0), (170, 0, 170), (170, 0, 0), (0, 0, 170),
    (85, 85, 85),
)  # fmt: skip
_SEVEN = 7


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plot is drawn on: the terminal's colours there, and whether it has 16 of them only."""

    foreground: Colour
    background: Colour
    is_dark: bool
    is_poor: bool

    def styles(self, series: int) -> list[Style]:
        """The table of styles for so many series."""
        faint = (
            ((85, 85, 85) if self.is_dark else (170, 170, 170))
            if self.is_poor
            else self._towards_background(self.foreground, 0.45)
        )
        table = [self._style(self.foreground), self._style(faint)]
        table += [self._style(self.foreground, bold=True), self._style(self.foreground, bold=True)]
        for index in range(series):
            colour = self.colour(index)
            pale = faint if self.is_poor else self._towards_background(colour, _PALENESS)
            table += [self._style(colour), self._style(pale)]
        return table

    def colour(self, index: int) -> Colour:
        """The colour of the series at `index`; the eighth is that of the text."""
        if index % (_SEVEN + 1) == _SEVEN:
            return self.foreground
        place = index % (_SEVEN + 1)
        if self.is_poor:
            return (_SIXTEEN_ON_DARK if self.is_dark else _SIXTEEN_ON_LIGHT)[place]
        return palette.colour(place) if self.is_dark else _mixed(palette.colour(place), (0, 0, 0), _DARKEN)

    def _towards_background(self, colour: Colour, share: float) -> Colour:
        return _mixed(colour, self.background, share)

    def _style(self, colour: Colour, *, bold: bool = False) -> Style:
        return Style(color=Color.from_rgb(*colour), bgcolor=Color.from_rgb(*self.background), bold=bold)


def strong(index: int) -> int:
    """The number of the style of the series at `index`."""
    return _STRONG + 2 * index


def pale(index: int) -> int:
    """The number of the style of what stands behind that series: its raw values, its band."""
    return _PALE + 2 * index


def _mixed(colour: Iterable[int], other: Iterable[int], share: float) -> Colour:
    red, green, blue = (
        round(ours + share * (theirs - ours)) for ours, theirs in zip(colour, other, strict=True)
    )
    return red, green, blue
