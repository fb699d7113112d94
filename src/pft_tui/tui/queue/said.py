"""Words that are drawn again only where they have changed."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static


class Said(Static):
    """A text; to say the same again costs nothing."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._said = Text()

    def say(self, words: str | Text) -> None:
        """Show these words."""
        text = words if isinstance(words, Text) else Text(words)
        if text != self._said or text.spans != self._said.spans:
            self._said = text
            self.update(text)
