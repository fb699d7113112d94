"""The question which trials results are to rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pft_tui.reports.subsets import Facets
from pft_tui.store.subset import Subset

Value = TypeVar("Value", str, int)
HELP = "space marks  ←→ next list  enter shows  esc leaves  nothing marked is all"


class Marks(OptionList):
    """Values of which any number can be marked: `●` is, `○` is not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", "Mark"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]

    def __init__(self, values: Mapping[str, str], marked: Iterable[str], *, id: str) -> None:
        self._values, self.marked = dict(values), set(marked)
        super().__init__(*(Option(self._prompt(value)) for value in values), id=id)

    def action_select(self) -> None:
        """Mark the value under the cursor, or no longer."""
        if self.highlighted is not None:
            self.marked ^= {list(self._values)[self.highlighted]}
            value = list(self._values)[self.highlighted]
            self.replace_option_prompt_at_index(self.highlighted, self._prompt(value))

    def on_option_list_option_selected(self) -> None:
        """A click marks as well."""
        self.action_select()

    def _prompt(self, value: str) -> Text:
        return Text(f"{'●' if value in self.marked else '○'} {self._values[value]}")


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
    Narrow #facets { width: 78; max-width: 100%; height: auto; border: round $primary; padding: 0 1; }
    Narrow #facets { background: $surface; }
    Narrow Horizontal, Narrow Horizontal > Vertical { height: auto; }
    Narrow Horizontal > Vertical { width: 2fr; }
    Narrow .title { text-style: bold; color: $primary; padding: 0 1; }
    Narrow .speakers { width: 3fr; }
    Narrow .k { width: 1fr; }
    Narrow Marks { height: auto; max-height: 14; border: none; padding: 0; background: $surface; }
    Narrow Marks { scrollbar-size-vertical: 1; }
    Narrow Marks:focus { border: none; }
    Narrow #help { color: $text-muted; margin-top: 1; }
    """

    def __init__(self, facets: Facets, chosen: Subset) -> None:
        super().__init__()
        self._facets, self._chosen = facets, chosen

    def compose(self) -> ComposeResult:
        facets, chosen = self._facets, self._chosen
        speakers = {name: f"{name} {language}".strip() for name, language in facets.speakers.items()}
        with Vertical(id="facets"):
            with Horizontal():
                yield from _column("Languages", {name: name for name in facets.languages}, chosen.languages)
                yield from _column("Emotions", {name: name for name in facets.emotions}, chosen.emotions)
                yield from _column("Speakers", speakers, chosen.speakers)
                yield from _column("k", {str(k): str(k) for k in facets.shots}, map(str, chosen.shots))
            yield Static(HELP, id="help")

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
        marked = self.query_one(f"#{name}", Marks).marked
        return tuple(value for value in values if str(value) in marked)


def _column(title: str, values: Mapping[str, str], marked: Iterable[str]) -> ComposeResult:
    name = title.lower()
    with Vertical(classes=name):
        yield Static(title, classes="title")
        yield Marks(values, marked, id=name)
