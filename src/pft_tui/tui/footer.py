"""The line at the bottom of every screen: the keys that work there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events

from pft_tui.tui.still import Still

HELP = "help"  # the action that shows all keys


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is shown: as Textual calls it, as people do, what it does, and the action behind it."""

    key: str
    label: str
    words: str
    action: str

    @property
    def width(self) -> int:
        """The columns that it takes, with a space on each side and one between."""
        return cell_len(self.label) + cell_len(self.words) + 3


class Footer(Still):
    """Keys and what they do, as far as there is room. A click is as good as the key.

    One widget with a line of text: Textual's own makes a widget for each key, and all of them anew with every
    change of the focus or the screen.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key"}
    DEFAULT_CSS = """
    Footer { dock: bottom; height: 1; color: $footer-foreground; background: $footer-background; }
    Footer > .footer--key { color: $footer-key-foreground; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._places: list[tuple[int, int, str]] = []
        self._is_waiting = False

    def on_mount(self) -> None:
        """Follow what has the focus, and the theme."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._draw_soon())
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw_soon())

    def on_resize(self) -> None:
        """Use the room there is."""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """Do what the key does that was clicked on."""
        for start, end, key in self._places:
            if start <= event.x < end:
                self.app.simulate_key(key)

    def _draw_soon(self) -> None:
        """Draw it once for all the changes at hand, after what else they draw."""
        if not self._is_waiting and self.is_attached:
            self._is_waiting = True
            self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        self._is_waiting = False
        if not self.is_attached:  # its screen has been left meanwhile
            return
        style = self.get_component_rich_style("footer--key")
        line = Text()
        self._places = []
        for key in fitting(self._keys(), self.size.width):
            start = line.cell_len
            line.append(f" {key.label} ", style).append(f"{key.words} ")
            self._places.append((start, line.cell_len, key.key))
        self.say(line)

    def _keys(self) -> list[Key]:
        """The keys to show: one for each action."""
        found: dict[str, Key] = {}
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.show and enabled and binding.action not in found:
                label = self.app.get_key_display(binding)
                found[binding.action] = Key(binding.key, label, binding.description, binding.action)
        return list(found.values())


def fitting(keys: Sequence[Key], width: int) -> list[Key]:
    """The first of them that there is room for, and in any case the one that shows all."""
    left = width - sum(key.width for key in keys if key.action == HELP)
    kept = []
    for key in keys:
        if key.action == HELP:
            kept.append(key)
        elif key.width <= left:
            kept.append(key)
            left -= key.width
        else:
            left = 0
    return kept
