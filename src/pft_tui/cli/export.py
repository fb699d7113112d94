"""`pft export`: results as files for other programs, papers and people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pft_tui.cli.options import (
    DownstreamOption,
    EncoderOption,
    ProtocolOption,
    WorkspaceOption,
    workspace_of,
)
from pft_tui.errors import UsageError
from pft_tui.reports.files import REPORT, SUFFIXES, FileFormat, format_of

if TYPE_CHECKING:
    from pft_tui.paths import Workspace

EVERY_TABLE = "tables"


def _matching(incomplete: str) -> list[str]:
    from pft_tui.reports.catalogue import REPORTS

    names = (REPORT, EVERY_TABLE, "trials", "models", "metrics", "utterances", *REPORTS)
    return [name for name in names if name.startswith(incomplete)]


def export(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="Tables and views (see `pft sql`), reports (see `pft results`), `tables` for every table and"
            " view, or `report` for all results as one page.",
            autocompletion=_matching,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="PATH", help="A file, or a folder that gets a file for each name."
        ),
    ] = ".",
    as_format: Annotated[
        FileFormat | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="parquet, csv, jsonl, markdown, latex, svg, pdf, png or html; by default what the file's"
            " name says, in a folder parquet.",
        ),
    ] = None,
    protocol: ProtocolOption = None,
    encoder: EncoderOption = None,
    downstream: DownstreamOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write results to files: data, tables, figures or one page of all.

    Data is whole, tables are as in the paper, figures for print. Figures need the extra `figures`; the
    page goes without them. A file is replaced only by a whole one.

    Examples:

    `pft export trials -o trials.parquet`

    `pft export tables -o exported/ --format csv`

    `pft export table1 -o table1.tex`

    `pft export figure2 figure3 figure4 -o figures/ --format pdf`

    `pft export report -o results.html`
    """
    from pft_tui.reports.export import export as write

    where = workspace_of(workspace)
    wanted = {"protocol": protocol, "encoder": encoder, "downstream": downstream}
    for name, path, form in _files(where, names, output, as_format):
        write(where, name, path, form, wanted, lambda words: typer.echo(words, err=True))


def _files(
    workspace: Workspace, names: list[str], output: str, asked: FileFormat | None
) -> Iterator[tuple[str, Path, FileFormat]]:
    """What is to be written where, and how. Makes the folder where it is to be one."""
    from pft_tui.store.copy import relations

    if EVERY_TABLE in names:
        others = [name for name in names if name != EVERY_TABLE]
        names = [*relations(workspace), *others]
    path = Path(output)
    if len(names) == 1 and not path.is_dir() and not output.endswith("/"):
        yield names[0], path, asked or format_of(path)
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot make the folder {path}: {error.strerror}", hint="name another --output"
        ) from error
    for name in names:
        form = asked or (FileFormat.HTML if name == REPORT else FileFormat.PARQUET)
        yield name, path / f"{name}{SUFFIXES[form]}", form
