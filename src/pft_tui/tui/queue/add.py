"""A form for jobs beside the grid: a model, and trials from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Button, Input, Label

from pft_tui.errors import PftError, UsageError
from pft_tui.paths import Workspace
from pft_tui.tui.queue.said import Said

if TYPE_CHECKING:
    from pft_tui.grid import Grid
    from pft_tui.scheduler.addition import Addition

Choices = dict[str, Sequence[str]]
_FIELDS = {
    "model": "base, or corpora joined by +",
    "speakers": "with commas between them; none: those of the grid",
    "emotions": "with commas between them; none: those of the grid",
    "k": "with commas between them; none: those of the grid",
    "draws": "of each cell; 0 for the model alone",
}


def choices(workspace: Workspace) -> Choices:
    """What may be typed: the corpora of the settings, the speakers and emotions of the downstream one.

    It is read from disk where no command has read it yet. Raises PftError where it cannot be read.
    """
    from pft_tui.corpora.listing import read_listing
    from pft_tui.grid import corpora_of
    from pft_tui.scheduler.experiment import read_corpus
    from pft_tui.settings import load_settings

    settings = load_settings(workspace.settings_file)
    downstream, *learned = corpora_of(settings)
    listings = sorted(workspace.listings.glob(f"{downstream}-*.jsonl"), key=_changed)
    corpus = (
        read_listing(listings[-1])
        if listings
        else read_corpus(workspace, downstream, settings.corpora[downstream])
    )
    speakers = sorted({item.speaker for item in corpus.utterances if item.speaker is not None})
    return {
        "model": ["base", *learned],
        "speakers": speakers,
        "emotions": corpus.labels,
        "k": [str(k) for k in settings.grid.shots],
    }


class AddForm(ModalScreen["Grid | None"]):
    """What to add; the grid of it, once it makes sense."""

    DEFAULT_CSS = """
    AddForm { align: center middle; background: $background 60%; }
    AddForm > Vertical {
        width: 74; max-width: 100%; height: auto; padding: 0 2; background: $surface; border: round $primary;
    }
    AddForm Horizontal { height: 1; margin-bottom: 1; }
    AddForm Horizontal Label { width: 10; }
    AddForm Input, AddForm Input:focus { width: 1fr; height: 1; border: none; padding: 0 1; }
    AddForm Input { background: $panel; }
    AddForm Input:focus { background: $primary 30%; }
    AddForm #add-said { height: auto; min-height: 2; }
    AddForm .buttons { height: 3; margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Previous", show=False),
    ]

    def __init__(self, workspace: Workspace, model: str = "base") -> None:
        super().__init__()
        self._workspace = workspace
        self._model = model
        self._choices: Choices = {}
        self._is_checking = False

    def compose(self) -> ComposeResult:
        values = {"model": self._model, "draws": "1"}
        with Vertical():
            yield Label("Add a model, or trials from it", classes="title")
            for name, words in _FIELDS.items():
                with Horizontal():
                    yield Label(name)
                    yield Input(
                        values.get(name, ""),
                        placeholder=words,
                        id=f"add-{name}",
                        suggester=_Names(self, name, "+" if name == "model" else ","),
                    )
            yield Said(id="add-said")
            with Horizontal(classes="buttons"):
                yield Button("Check", id="add-check", variant="primary")
                yield Button("Cancel", id="add-cancel")

    async def on_mount(self) -> None:
        """Learn what may be typed."""
        said = self.query_one(Said)
        said.say("Enter checks it; → takes what is offered")
        try:
            self._choices = await asyncio.to_thread(choices, self._workspace)
        except PftError as error:
            said.say(str(error))

    def names(self, field: str) -> Sequence[str]:
        """What may be typed into a field."""
        return self._choices.get(field, ())

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        field = (event.input.id or "").removeprefix("add-")
        if event.input.has_focus and (names := self.names(field)):
            self.query_one(Said).say(f"{field}: {'  '.join(names)}")

    @on(Input.Submitted)
    @on(Button.Pressed, "#add-check")
    def _check(self) -> None:
        if not self._is_checking:
            self._read()

    @on(Button.Pressed, "#add-cancel")
    def action_cancel(self) -> None:
        """Close without adding anything."""
        self.dismiss(None)

    @work
    async def _read(self) -> None:
        said, self._is_checking = self.query_one(Said), True
        said.say("Reading the corpora …")
        try:
            grid = await asyncio.to_thread(self._grid, self._typed_values())
        except PftError as error:
            said.say(str(error))
        else:
            self.dismiss(grid)
        finally:
            self._is_checking = False

    def _typed_values(self) -> dict[str, str]:
        return {name: self.query_one(f"#add-{name}", Input).value.strip() for name in _FIELDS}

    def _grid(self, typed: dict[str, str]) -> Grid:
        from pft_tui.scheduler.addition import read_addition

        return read_addition(self._workspace, addition(typed))


def addition(typed: dict[str, str]) -> Addition:
    """What the fields of the form mean. Raises UsageError for what is no number."""
    from pft_tui.scheduler.addition import Addition

    return Addition(
        typed["model"] or "base",
        _listed(typed["speakers"]),
        _listed(typed["emotions"]),
        [_number("k", part) for part in _listed(typed["k"])],
        _number("draws", typed["draws"] or "1"),
    )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(field: str, text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"{field}: {text!r} is no number")
    return int(text)


def _changed(path: Path) -> float:
    return path.stat().st_mtime


class _Names(Suggester):
    """The first name that goes on as the last one typed does."""

    def __init__(self, form: AddForm, field: str, between: str) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._form, self._field, self._between = form, field, between

    async def get_suggestion(self, value: str) -> str | None:
        typed = value.rpartition(self._between)[2].lstrip()
        if not typed:
            return None
        whole = next((name for name in self._form.names(self._field) if name.startswith(typed)), None)
        return None if whole in (None, typed) else value[: len(value) - len(typed)] + str(whole)
