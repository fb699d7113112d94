"""Words that are drawn again only where they have changed."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static


class Said(Static):
    """A text; to say the same again costs nothing.

    Where `is_fixed` its size does not depend on it, so that nothing else is drawn again with it.
    """

    def __init__(self, *, id: str, is_fixed: bool = False) -> None:
        super().__init__(id=id, markup=False)
        self._said = Text()
        self._is_fixed = is_fixed

    def say(self, words: str | Text) -> None:
        """Show these words."""
        text = words if isinstance(words, Text) else Text(words)
        if text != self._said or text.spans != self._said.spans:
            self._said = text
            self.update(text, layout=not self._is_fixed)
