"""`pft sql`: any question to the results."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pft_tui.cli.options import JsonOption, WorkspaceOption, workspace_of
from pft_tui.cli.output import FormatOption, OutputOption, opened
from pft_tui.errors import UsageError

if TYPE_CHECKING:
    from pft_tui.paths import Workspace
    from pft_tui.store.read import Table

EXAMPLES = (
    "select corpus_set, k, mean_f1 from powerset order by mean_f1 desc limit 10",
    "select speaker, avg(macro_f1) as mean_f1, count(*) as trials from trials"
    " where status = 'finished' group by speaker order by mean_f1",
    "select state, reason, count(*) from jobs group by all order by all",
)
_TABLES = """
select table_name as "table", string_agg(column_name, ', ' order by ordinal_position) as columns
from information_schema.columns
where table_schema = 'main'
group by all
order by all
"""


def sql(
    statement: Annotated[
        str | None,
        typer.Argument(metavar="SQL", help="A statement; `-` reads it from stdin.", show_default=False),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="FILE", help="Read the statement from a file.", dir_okay=False),
    ] = None,
    as_format: FormatOption = None,
    as_json: JsonOption = False,
    output: OutputOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask the results anything, in DuckDB's SQL, while trials run.

    The answer comes from the published snapshot, which is read only. Without a statement, on a terminal,
    the tables there are to ask are listed.

    Examples:

    `pft sql "from table1"`

    `pft sql -f question.sql --format csv -o answer.csv`

    `echo "from trials limit 3" | pft sql --json`
    """
    from pft_tui.reports.show import show_table
    from pft_tui.store.read import query

    where = workspace_of(workspace)
    asked = _asked(statement, file)
    with opened(output, as_format, as_json=as_json) as answer:
        if asked is not None:
            show_table(_answer(where, asked), answer)
        else:
            show_table(query(where, _TABLES), answer)
            typer.echo(
                "\n".join(("ask, for example:", *(f'  pft sql "{example}"' for example in EXAMPLES))),
                err=True,
            )


def _asked(statement: str | None, file: Path | None) -> str | None:
    """The statement, from wherever it comes; None where there is none and nobody pipes one in."""
    if statement not in (None, "-") and file is not None:
        raise UsageError("a statement and --file at once", hint="leave one of them out")
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"cannot read {file}: {error}", hint="name a text file with one statement"
            ) from error
    if statement == "-" or (statement is None and not sys.stdin.isatty()):
        return sys.stdin.read()
    return statement


def _answer(workspace: Workspace, statement: str) -> Table:
    """The answer of the snapshot; what DuckDB says against a statement comes as one line and its place."""
    from pft_tui.store.read import query

    try:
        return query(workspace, statement)
    except UsageError as error:
        words, _, place = error.message.partition("\n\nLINE ")
        where = place.partition("\n")[0]
        hint = f"line {where}" if where else error.hint
        raise UsageError(" ".join(words.split()), hint=hint) from error
