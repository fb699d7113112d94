"""`pft sql`: any question to the results."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pft_tui.cli.options import JsonOption, WorkspaceOption, workspace_of
from pft_tui.cli.output import FormatOption, OutputOption, opened
from pft_tui.errors import UsageError

if TYPE_CHECKING:
    from pft_tui.paths import Workspace

EXAMPLES = (
    "select corpus_set, k, mean_f1 from powerset order by mean_f1 desc limit 10",
    "select speaker, avg(macro_f1) as mean_f1, count(*) as trials from trials"
    " where status = 'finished' group by speaker order by mean_f1",
    "select state, reason, count(*) from jobs group by all order by all",
)


def sql(
    statement: Annotated[
        str | None,
        typer.Argument(metavar="SQL", help="Statements; `-` reads them from stdin.", show_default=False),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="FILE", help="Read the statements from a file.", dir_okay=False),
    ] = None,
    shell: Annotated[
        bool, typer.Option("--shell", help="Open DuckDB's own command line on the results instead.")
    ] = False,
    as_format: FormatOption = None,
    as_json: JsonOption = False,
    output: OutputOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask the results anything, in DuckDB's SQL, while trials run.

    The answer comes from the published snapshot, which is read only. Without a statement, on a terminal, a
    prompt takes one after the other; each is asked of the results as they are at that moment.

    Examples:

    `pft sql "from table1"`

    `pft sql -f question.sql --format csv -o answer.csv`

    `echo "from trials limit 3" | pft sql --json`
    """
    from pft_tui.cli.prompt import Prompt, show_answers

    where = workspace_of(workspace)
    if shell:
        _open_shell(where, statement, file)
    asked = _asked(statement, file)
    with opened(output, as_format, as_json=as_json) as answer:
        if asked is not None:
            show_answers(where, asked, answer)
        elif output is None:
            Prompt(where, answer).run()
        else:
            raise UsageError("nothing to write to a file", hint=f'ask something, such as "{EXAMPLES[0]}"')


def _open_shell(workspace: Workspace, statement: str | None, file: Path | None) -> None:
    """Become DuckDB's command line on the snapshot. Raises UsageError where it is not installed."""
    from pft_tui.store.read import connect

    if statement is not None or file is not None:
        raise UsageError("--shell takes no statement", hint="leave it out, or leave --shell out")
    connect(workspace).close()
    program = shutil.which("duckdb")
    if program is None:
        raise UsageError(
            "DuckDB's command line is not installed",
            hint="install `duckdb` 1.5 or newer and put it on the PATH, or use the prompt of `pft sql`",
        )
    os.execv(program, [program, "-readonly", str(workspace.snapshot)])  # noqa: S606 - the user's own shell


def _asked(statement: str | None, file: Path | None) -> str | None:
    """The statement, from wherever it comes; None where there is none and nobody pipes one in."""
    if statement not in (None, "-") and file is not None:
        raise UsageError("a statement and --file at once", hint="leave one of them out")
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read {file}: {error}", hint="name a text file with SQL") from error
    if statement == "-" or (statement is None and not sys.stdin.isatty()):
        return sys.stdin.read()
    return statement
