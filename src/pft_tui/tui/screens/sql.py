"""Screen 5: any question, in DuckDB's SQL, to the results as they are now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static, TextArea, Tree
from textual.widgets.text_area import Selection

from pft_tui.errors import PftError
from pft_tui.reports import palette
from pft_tui.tui.dialogs import Choose, Confirm, Prompt
from pft_tui.tui.exports import Way
from pft_tui.tui.feed import Pulse
from pft_tui.tui.longtable import LongTable
from pft_tui.tui.pane import Pane
from pft_tui.tui.sql.queries import EXAMPLES, FIRST_QUESTION, Queries
from pft_tui.tui.sql.schema import Schema, columns_of

if TYPE_CHECKING:
    from pft_tui.store.inquiry import Answer, Inquiry, WrongSqlError

NARROW = 100


class SqlPane(Pane):
    """An editor, the tables and columns there are, and the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5,ctrl+r", "ask", "Run", key_display="F5", priority=True),
        Binding(
            "escape", "leave", "Leave", key_display="esc", tooltip="Stop a question, or leave the editor"
        ),
        Binding(
            "f8", "schema", "Tables", key_display="F8", tooltip="The tables and columns; the editor again"
        ),
        Binding("f4", "recent", "History", key_display="F4"),
        Binding("f2", "save", "Save", key_display="F2", tooltip="Save the query as a file of the workspace"),
        Binding("f3", "saved", "Saved", key_display="F3", tooltip="Queries that were saved"),
        Binding("i", "edit", "Edit"),
    ]
    DEFAULT_CSS = """
    SqlPane #schema { width: 30; height: 1fr; }
    SqlPane.-narrow #schema { display: none; }
    SqlPane.-narrow.-schema #schema { display: block; }
    SqlPane #editor { height: 35%; min-height: 5; border: round $panel-lighten-2; }
    SqlPane #editor:focus { border: round $primary; }
    SqlPane #said { height: auto; max-height: 6; padding: 0 1; }
    SqlPane #answer { height: 1fr; }
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._inquiry: Inquiry | None = None
        self._asked: str | None = None
        self._answer: Answer | None = None
        self._has_schema = False

    def body(self) -> ComposeResult:
        with Horizontal():
            yield Schema()
            with Vertical():
                yield TextArea.code_editor(
                    FIRST_QUESTION, language="sql", id="editor", tab_behavior="focus", show_line_numbers=False
                )
                yield Static(
                    Text("F5 runs it; esc, then a digit, shows another screen", style="dim"), id="said"
                )
                yield LongTable(id="answer", by_cell=True)

    def on_mount(self) -> None:
        self._queries = Queries(self.feed.workspace)
        self._editor.cursor_blink = False  # each blink would travel
        self._theme_editor()
        self.watch(self.app, "theme", self._theme_editor, init=False)
        self._editor.focus()

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")

    async def show(self, pulse: Pulse) -> None:
        del pulse
        if not self._has_schema and self.feed.workspace.snapshot.exists():
            self._has_schema = True
            columns = await self.off(columns_of, self.feed.workspace)
            if columns is not None:
                self.query_one(Schema).show(columns)

    def remember(self) -> dict[str, Any]:
        return {"sql": self._editor.text}

    def recall(self, memory: Mapping[str, Any]) -> None:
        if isinstance(sql := memory.get("sql"), str) and sql.strip():
            self._editor.load_text(sql)

    def exports(self) -> Mapping[str, Way]:
        if self._asked is None:
            return {}
        return {"csv": self._save_answer, "parquet": self._save_answer}

    def copied(self) -> str:
        table = self.query_one(LongTable)
        if self._answer is None or not table.count:
            return self._editor.text
        from pft_tui.reports.values import as_text

        return as_text(self._answer.table.rows[table.row][table.column])

    # Asking

    @work(group="ask")
    async def action_ask(self) -> None:
        """Run what is in the editor, or what is selected of it."""
        from pft_tui.store.inquiry import Inquiry, StoppedError, WrongSqlError

        if self._inquiry is not None:
            self.notify("A question is under way: esc stops it", severity="warning")
            return
        editor = self._editor
        start = min(editor.selection) if editor.selected_text.strip() else (0, 0)
        sql = editor.selected_text if editor.selected_text.strip() else editor.text
        self._inquiry = inquiry = Inquiry(self.feed.workspace, sql)
        self._say(Text("asking … esc stops it", style="dim"))
        try:
            answer = await asyncio.to_thread(inquiry.answer)
        except WrongSqlError as error:
            self._show_wrong(error, start)
        except StoppedError:
            self._say(Text("stopped", style="dim"))
        except PftError as error:
            self._say(Text(str(error), style=palette.style(palette.VERMILION)))
        else:
            self._asked = sql
            self._queries.remember(sql)
            self._show_answer(answer)
        finally:
            self._inquiry = None

    def action_leave(self) -> None:
        """Stop a question that is under way, or leave the editor for the answer."""
        if self._inquiry is not None:
            self._inquiry.stop()
        else:
            self.query_one(LongTable).focus()

    def action_schema(self) -> None:
        """Go to the tables and columns and back; on a narrow terminal they come and go."""
        tree = self.query_one(Schema)
        if self.focused is tree:
            self.remove_class("-schema")
            self.set_focus(self._editor)
        else:
            self.add_class("-schema")
            self.set_focus(tree)

    def action_edit(self) -> None:
        """Go back to the editor."""
        self._editor.focus()

    def on_unmount(self) -> None:
        if self._inquiry is not None:
            self._inquiry.stop()

    # Queries that are kept

    @work
    async def action_recent(self) -> None:
        """Put an earlier question, or an example, into the editor."""
        await self._pick("Earlier questions, then examples", [*self._queries.recent(), *EXAMPLES])

    @work
    async def action_saved(self) -> None:
        """Put a saved query into the editor."""
        names = self._queries.saved()
        if not names:
            self.notify("No query is saved yet: F2 saves what is in the editor")
            return
        name = await self.app.push_screen_wait(Choose("Saved queries", names))
        if name is not None:
            self._put(self._queries.read(name))

    @work
    async def action_save(self) -> None:
        """Save what is in the editor as a file of the workspace, for `pft sql -f` too."""
        name = await self.app.push_screen_wait(Prompt("Save the query as", placeholder="a name"))
        if not name:
            return
        if name in self._queries.saved() and not await self.app.push_screen_wait(
            Confirm(f"Replace the saved query {name}?")
        ):
            return
        path = await self.off(self._queries.save, name, self._editor.text)
        if path is not None:
            self.notify(f"Saved {path}", markup=False)

    async def _pick(self, title: str, questions: list[str]) -> None:
        lines = [f"{place}  {' '.join(sql.split())}" for place, sql in enumerate(questions, 1)]
        line = await self.app.push_screen_wait(Choose(title, lines))
        if line is not None:
            self._put(questions[lines.index(line)])

    def _put(self, sql: str) -> None:
        self._editor.load_text(sql)
        self._editor.focus()

    # What is shown

    @property
    def _editor(self) -> TextArea:
        return self.query_one("#editor", TextArea)

    def _say(self, words: Text) -> None:
        self.query_one("#said", Static).update(words)

    def _show_answer(self, answer: Answer) -> None:
        from pft_tui.tui.sql.answer import cells_of, columns_for, summary

        self._answer = answer
        table = answer.table
        shown = self.query_one(LongTable)
        shown.fill(columns_for(table), len(table.rows), partial(cells_of, table))
        self._say(Text(summary(answer), style="dim"))

    def _show_wrong(self, error: WrongSqlError, start: tuple[int, int]) -> None:
        self._say(Text(error.message, style=palette.style(palette.VERMILION)))
        if error.line is None:
            return
        row = start[0] + error.line
        column = error.column + (start[1] if error.line == 0 else 0)
        self._editor.selection = Selection((row, column), (row, column + max(1, error.length)))
        self._editor.focus()

    @on(Tree.NodeSelected)
    def _insert(self, event: Tree.NodeSelected[str]) -> None:
        """Put the name of a column where the cursor is; of a table, a question that shows it."""
        if event.node.data is None:
            return
        if event.node.allow_expand:
            if not self._editor.text.strip():
                self._editor.load_text(f"from {event.node.data}\nlimit 100")
            return
        self._editor.insert(event.node.data)
        if self.has_class("-narrow"):
            self.action_schema()

    def _save_answer(self, path: Path) -> None:
        from pft_tui.store.inquiry import Inquiry

        assert self._asked is not None
        Inquiry(self.feed.workspace, self._asked).save(path)

    def _theme_editor(self) -> None:
        self._editor.theme = "vscode_dark" if self.app.current_theme.dark else "github_light"
