"""How the dashboard looks on dark and on light terminals."""

from __future__ import annotations

from textual.theme import Theme

# The same colours as the figures have (reports.palette): all kinds of colour vision tell them apart.
DARK = Theme(
    name="pft-dark",
    primary="#56B4E9",
    secondary="#0072B2",
    accent="#E69F00",
    warning="#E69F00",
    error="#D55E00",
    success="#009E73",
    foreground="#D8DEE4",
    background="#0E1217",
    surface="#151B22",
    panel="#1D2530",
    dark=True,
)
LIGHT = Theme(
    name="pft-light",
    primary="#0072B2",
    secondary="#56B4E9",
    accent="#B36B00",
    warning="#B36B00",
    error="#B84E00",
    success="#00745A",
    foreground="#1B2229",
    background="#FBFBF8",
    surface="#F1F2EE",
    panel="#E4E7E3",
    dark=False,
)
