"""The question which trials results are to rest on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, SelectionList
from textual.widgets.selection_list import Selection

from pft_tui.reports.subsets import Facets
from pft_tui.store.subset import Subset

Value = TypeVar("Value", str, int)


class Narrow(ModalScreen[Subset | None]):
    """A list for each facet: what is marked is what counts, and where nothing is, everything does.

    None where the user thought better of it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "Show", priority=True),
        Binding("right", "app.focus_next", "Next list", show=False),
        Binding("left", "app.focus_previous", "List before", show=False),
        Binding("escape", "cancel", "Cancel"),
    ]
    DEFAULT_CSS = """
    Narrow { align: center middle; background: $background 60%; }
    Narrow > Vertical { width: 76; max-width: 96%; height: auto; max-height: 90%; }
    Narrow Horizontal { height: auto; max-height: 16; }
    Narrow Horizontal > Vertical { width: 1fr; height: auto; }
    Narrow .speakers { width: 3fr; }
    Narrow .emotions, Narrow .languages { width: 2fr; }
    Narrow SelectionList { height: auto; max-height: 14; border: none; padding: 0; background: $surface; }
    Narrow .dialog Label { margin: 0; }
    """

    def __init__(self, facets: Facets, chosen: Subset) -> None:
        super().__init__()
        self._facets, self._chosen = facets, chosen

    def compose(self) -> ComposeResult:
        facets, chosen = self._facets, self._chosen
        named = {name: f"{name} {language}".strip() for name, language in facets.speakers.items()}
        with Vertical(classes="dialog"):
            with Horizontal():
                yield from _column("Languages", {name: name for name in facets.languages}, chosen.languages)
                yield from _column("Emotions", {name: name for name in facets.emotions}, chosen.emotions)
                yield from _column("Speakers", named, chosen.speakers)
                yield from _column("k", {k: str(k) for k in facets.shots}, chosen.shots)
            yield Label("space marks · ← → the next list · enter shows · esc leaves; nothing marked: all")

    def action_apply(self) -> None:
        """Close with what is marked."""
        facets = self._facets
        self.dismiss(
            Subset(
                self._chosen.metric,
                self._marked("languages", facets.languages),
                self._marked("speakers", facets.speakers),
                self._marked("emotions", facets.emotions),
                self._marked("k", facets.shots),
            )
        )

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.dismiss(None)

    def _marked(self, name: str, values: Iterable[Value]) -> tuple[Value, ...]:
        """Those of the values that are marked in a list."""
        selected = self.query_one(f"#{name}", SelectionList).selected
        return tuple(value for value in values if value in selected)


def _column(
    title: str, values: dict[str, str] | dict[int, str], marked: Iterable[str | int]
) -> ComposeResult:
    name, kept = title.lower(), set(marked)
    with Vertical(classes=name):
        yield Label(title)
        yield SelectionList(
            *(Selection(text, value, value in kept) for value, text in values.items()), id=name
        )
