"""The screens of the dashboard: a file each, and a line here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pft_tui.tui.pane import Pane


@dataclass(frozen=True, slots=True)
class Entry:
    """A screen: the key that shows it, its name, and its class as an import path `module:class`."""

    key: str
    name: str
    target: str

    def load(self) -> type[Pane]:
        """The screen's class, imported now."""
        module, _, attribute = self.target.partition(":")
        return cast("type[Pane]", getattr(import_module(module), attribute))

    def make(self) -> Pane:
        """The screen."""
        return self.load()(self.name)


SCREENS = (
    Entry("1", "Live", "pft_tui.tui.screens.live:LivePane"),
    Entry("2", "Queue", "pft_tui.tui.screens.queue:QueuePane"),
    Entry("3", "Trials", "pft_tui.tui.screens.trials:TrialsPane"),
    Entry("4", "Results", "pft_tui.tui.screens.results:ResultsPane"),
    Entry("5", "SQL", "pft_tui.tui.screens.sql:SqlPane"),
)
