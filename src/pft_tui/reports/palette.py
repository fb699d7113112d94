"""Colours that any kind of colour vision tells apart, and the markers that say the same without colour.

The colours are those of Okabe and Ito ("Color Universal Design", 2008), with grey in the place of black and
of yellow, which vanish on dark and on light terminals.
"""

from __future__ import annotations

Colour = tuple[int, int, int]

ORANGE: Colour = (230, 159, 0)
SKY_BLUE: Colour = (86, 180, 233)
GREEN: Colour = (0, 158, 115)
PURPLE: Colour = (204, 121, 167)
VERMILION: Colour = (213, 94, 0)
BLUE: Colour = (0, 114, 178)
GREY: Colour = (153, 153, 153)

_SERIES = (ORANGE, SKY_BLUE, GREEN, PURPLE, VERMILION, BLUE, GREY)
_FILLED = "●▲■◆▼★✚✖"
_HOLLOW = "○△□◇▽☆+×"
_TEXTURES = "█▓▒░▚▞╳"

BETTER = SKY_BLUE
WORSE = ORANGE


def colour(index: int) -> Colour:
    """The colour of the series at `index`."""
    return _SERIES[index % len(_SERIES)]


def marker(index: int, *, hollow: bool = False) -> str:
    """The marker of the series at `index`: one character."""
    shapes = _HOLLOW if hollow else _FILLED
    return shapes[index % len(shapes)]


def texture(index: int) -> str:
    """The character that fills the bars of the series at `index`."""
    return _TEXTURES[index % len(_TEXTURES)]


def style(rgb: Colour) -> str:
    """The colour as Rich writes it: `rgb(230,159,0)`."""
    return f"rgb({rgb[0]},{rgb[1]},{rgb[2]})"
