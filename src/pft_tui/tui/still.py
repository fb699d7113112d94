"""A text on screen of which only what changes is drawn again."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.geometry import Size as Area
from textual.strip import Strip
from textual.widget import Widget

from pft_tui.reports.room import Size
from pft_tui.tui.plot.cells import Cells


class Still(Widget):
    """Lines of text, each as long as there is room. `say` changes them, and draws the cells that differ.

    A Static draws all of itself again, its border too, with every change.
    """

    DEFAULT_CSS = "Still { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.text = Text()
        self._cells = Cells(Size(0, 0))
        self._styles: dict[Style, int] = {}

    def say(self, text: Text) -> None:
        """Show this text in the place of the last one."""
        if text == self.text:
            return
        has_other_height = text.plain.count("\n") != self.text.plain.count("\n")
        self.text = text
        before, self._cells = self._cells, self._set(text)
        if has_other_height or before.size != self._cells.size:
            self.refresh(layout=has_other_height)
        elif regions := list(self._cells.differences(before)):
            self.refresh(*regions)

    def on_resize(self) -> None:
        """Use the room there is now."""
        self._cells = self._set(self.text)

    def get_content_height(self, container: Area, viewport: Area, width: int) -> int:
        """As many lines as the text has."""
        del container, viewport, width
        return self.text.plain.count("\n") + 1

    def render_line(self, y: int) -> Strip:
        """A line of the text."""
        base = self.rich_style
        if y >= self._cells.size.lines:
            return Strip.blank(self.size.width, base)
        styles = [base + style for style in self._styles]
        return self._cells.strip(y, styles or [base]).adjust_cell_length(self.size.width, base)

    def _set(self, text: Text) -> Cells:
        """The text in cells; its styles get numbers in the order in which they are first seen."""
        lines = text.split("\n", allow_blank=True)
        cells = Cells(Size(self.size.width, len(lines)))
        self._styles.setdefault(Style(), 0)
        for line, words in enumerate(lines):
            column = 0
            for segment in words.render(self.app.console):
                number = self._styles.setdefault(segment.style or Style(), len(self._styles))
                column = cells.write(line, column, segment.text, number)
        return cells
