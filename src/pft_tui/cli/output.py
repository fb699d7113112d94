"""The options of commands that print results: in which format, and to where."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pft_tui.errors import UsageError
from pft_tui.reports.formats import Format, format_of

if TYPE_CHECKING:
    from pft_tui.reports.show import Output

FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="table, csv, json, jsonl, markdown or latex; by default what the name of --output says, else a"
        " table.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write to this file instead of stdout.", dir_okay=False
    ),
]


@contextmanager
def opened(
    path: Path | None, as_format: Format | None, *, as_json: bool, plot: bool | None = None
) -> Iterator[Output]:
    """Where the data of a command goes, as its options say; words go to stderr.

    A file is written at the end, and whole, so that a command that fails leaves an older one as it was.
    Raises UsageError where `--json` and `--format` disagree, StoreError where the file cannot be written.
    """
    from pft_tui.reports.files import write_whole
    from pft_tui.reports.show import Output

    if as_json and as_format not in (None, Format.JSON):
        raise UsageError(f"--json and --format {as_format} disagree", hint="leave one of them out")
    chosen = Format.JSON if as_json else as_format or (format_of(path) if path else Format.TABLE)
    if path is None:
        yield Output(sys.stdout, chosen, _say, plot)
        return
    text = StringIO()
    yield Output(text, chosen, _say, plot)
    write_whole(path, text.getvalue().encode())
    _say(f"wrote {path}")


def _say(words: str) -> None:
    typer.echo(words, err=True)
