"""How the states of jobs look on all screens: a sign each, so that colour never says it alone."""

from __future__ import annotations

from pft_tui.reports import palette

SIGNS = {
    "queued": ("○", palette.style(palette.GREY)),
    "paused": ("‖", palette.style(palette.PURPLE)),
    "running": ("●", palette.style(palette.SKY_BLUE)),
    "finished": ("✓", palette.style(palette.GREEN)),
    "failed": ("✗", palette.style(palette.VERMILION)),
    "cancelled": ("–", palette.style(palette.GREY)),
}
# What bars are filled with, in the order in which it stands.
FILLS = {
    "finished": ("━", palette.style(palette.GREEN)),
    "failed": ("×", palette.style(palette.VERMILION)),
    "running": ("╍", palette.style(palette.SKY_BLUE)),
    "queued": ("─", "dim"),
}
