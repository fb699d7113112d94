"""Screen 1: what is going on now."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from pft_tui.tui.feed import Pulse
from pft_tui.tui.pane import Pane


class LivePane(Pane):
    """How far each model is."""

    def body(self) -> ComposeResult:
        """The progress of the grid."""
        yield Static(id="models")

    async def show(self, pulse: Pulse) -> None:
        """Bring the progress up to date."""
        rows = (pulse.overview or {})["models"]
        self.query_one("#models", Static).update(
            "\n".join(f"{row['model']:<40} {row['finished']}/{row['total']}" for row in rows)
        )
