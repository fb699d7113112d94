"""The palette's colours on terminals that have sixteen, where the nearest of those would mostly be a grey."""

from __future__ import annotations

from functools import cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Tone
from textual.filter import LineFilter

from pft_tui.reports.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY_BLUE, VERMILION, Colour

_ON_DARK: dict[Colour, str] = {
    ORANGE: "bright_yellow",
    SKY_BLUE: "bright_cyan",
    GREEN: "bright_green",
    PURPLE: "bright_magenta",
    VERMILION: "bright_red",
    BLUE: "bright_blue",
    GREY: "white",
}
_ON_LIGHT: dict[Colour, str] = {
    ORANGE: "yellow",
    SKY_BLUE: "cyan",
    GREEN: "green",
    PURPLE: "magenta",
    VERMILION: "red",
    BLUE: "blue",
    GREY: "bright_black",
}
_HALF = 0.5


class Sixteen(LineFilter):
    """Gives what is written in a colour of the palette the same hue of the terminal's own sixteen."""

    def apply(self, segments: list[Segment], background: Tone) -> list[Segment]:
        """The segments in the terminal's colours, on a background that is dark or light."""
        is_dark = background.brightness < _HALF
        return [Segment(text, style and _own(style, is_dark), control) for text, style, control in segments]


@cache
def _own(style: Style, is_dark: bool) -> Style:
    there = style.color.triplet if style.color else None
    if there is None:
        return style
    name = (_ON_DARK if is_dark else _ON_LIGHT).get((there.red, there.green, there.blue))
    return style + Style(color=Color.parse(name)) if name else style
