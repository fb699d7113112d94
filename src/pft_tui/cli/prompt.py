"""The prompt of `pft sql`: statements one after the other, each on the results as they are then."""

from __future__ import annotations

import re
import readline
import shutil
from collections.abc import Callable
from textwrap import fill

import typer

from pft_tui.cli.sql import EXAMPLES
from pft_tui.errors import PftError, UsageError
from pft_tui.paths import Workspace
from pft_tui.reports.formats import WRITERS
from pft_tui.reports.show import Output, show_table
from pft_tui.store.read import answers, query

FIRST, NEXT = "pft> ", "...> "
LEAVE = ("exit", "quit", ".exit", ".quit")
HISTORY = 1000
_COLUMNS = """
select table_name as "table", string_agg(column_name, ', ' order by ordinal_position) as columns
from information_schema.columns
where table_schema = 'main'
group by all
order by all
"""
_NAMES = """
select table_name from information_schema.tables where table_schema = 'main'
union
select column_name from information_schema.columns where table_schema = 'main'
order by all
"""
_HELP = "a statement ends with `;`   .tables lists tables and columns   .quit or Ctrl-D leaves"


def show_answers(workspace: Workspace, sql: str, output: Output) -> None:
    """What the snapshot answers to statements, one table after the other.

    Raises UsageError, in one line with the place, for what DuckDB has against a statement, and where a
    format that holds one table would have to hold several.
    """
    try:
        tables = answers(workspace, sql)
    except UsageError as error:
        words, _, rest = error.message.partition("\n\nLINE ")
        line = rest.partition("\n")[0]
        hint = f"line {line}" if line else error.hint
        raise UsageError(" ".join(words.split()), hint=hint) from error
    if output.format in WRITERS and len(tables) != 1:
        raise UsageError(
            f"{output.format} holds one table, and there are {len(tables)} answers",
            hint="make all statements but one `create temp table NAME as ...`",
        )
    for place, table in enumerate(tables):
        if place:
            output.out.write("\n")
        show_table(table, output)


class Prompt:
    """Reads statements from a terminal, with line editing, history and completion of names."""

    def __init__(self, workspace: Workspace, output: Output) -> None:
        self._workspace = workspace
        self._output = output
        self._history = workspace.private / "sql_history"
        self._names = [str(name) for (name,) in query(workspace, _NAMES).rows]

    def run(self) -> None:
        """Answer until the user leaves. What is wrong with a statement is said, and the next one read."""
        self._introduce()
        before = readline.get_completer(), readline.get_completer_delims()
        readline.set_completer(self._complete)
        readline.parse_and_bind("tab: complete")
        self._recall()
        try:
            while (asked := self._read()) is not None:
                self._answer(asked)
        finally:
            self._remember()
            readline.set_completer(before[0])
            readline.set_completer_delims(before[1])

    def _introduce(self) -> None:
        tables = "select table_name from information_schema.tables where table_schema = 'main' order by all"
        names = ", ".join(name for (name,) in query(self._workspace, tables).rows)
        lines = [f"tables: {names}", "ask, for example:", *(f"  {example};" for example in EXAMPLES), _HELP]
        width = shutil.get_terminal_size().columns
        typer.echo("\n".join(fill(line, width, subsequent_indent="    ") for line in lines), err=True)

    def _read(self) -> str | None:
        """One whole statement or dot command; None at the end. Ctrl-C gives up what was typed so far."""
        lines: list[str] = []
        while True:
            try:
                line = input(NEXT if lines else FIRST)
            except EOFError:
                typer.echo(err=True)
                return None
            except KeyboardInterrupt:
                typer.echo(err=True)
                lines.clear()
                continue
            if not lines and line.strip().rstrip(";") in LEAVE:
                return None
            lines += [line] * bool(lines or line.strip())
            if lines and (line.rstrip().endswith(";") or lines[0].lstrip().startswith(".")):
                return "\n".join(lines)

    def _answer(self, asked: str) -> None:
        commands: dict[str, Callable[[], None]] = {
            ".tables": lambda: show_table(query(self._workspace, _COLUMNS), self._output),
            ".help": lambda: typer.echo(_HELP, err=True),
        }
        command = asked.strip().rstrip(";")
        try:
            if not command.startswith("."):
                show_answers(self._workspace, asked, self._output)
            elif command in commands:
                commands[command]()
            else:
                raise UsageError(f"there is no {command}", hint=_HELP)
        except PftError as error:
            typer.echo(f"error: {error}", err=True)
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)

    def _complete(self, text: str, state: int) -> str | None:
        found = [name for name in self._names if re.match(re.escape(text), name, re.IGNORECASE)]
        return found[state] if state < len(found) else None

    def _recall(self) -> None:
        if self._history.exists():
            readline.read_history_file(self._history)

    def _remember(self) -> None:
        if self._workspace.private.is_dir():
            readline.set_history_length(HISTORY)
            readline.write_history_file(self._history)
            self._history.chmod(0o600)
