"""`pft corpora`: which corpora can be read, and what is in those of a workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pft_tui.cli.options import JsonOption, SetOption, WorkspaceOption, settings_of, workspace_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pft_tui.corpora.check import CorpusReport
    from pft_tui.paths import Workspace
    from pft_tui.settings import CorpusSettings

corpora = typer.Typer(no_args_is_help=True, help="Check the corpora of a workspace; list what can be read.")


@corpora.command()
def readers(as_json: JsonOption = False) -> None:
    """List the readers of corpora, with their label schemes and parts."""
    from pft_tui.corpora.load import find_reader
    from pft_tui.registry import CORPORA
    from pft_tui.reports.corpora import show_readers

    found = {name: find_reader(name) for name in CORPORA}
    if not as_json:
        show_readers(found)
        return
    _print_json(
        [
            {
                "reader": name,
                "title": reader.title,
                "default_labels": reader.default_scheme,
                "labels": {scheme: dict(codes) for scheme, codes in reader.schemes.items()},
                "parts": list(reader.parts),
            }
            for name, reader in found.items()
        ]
    )


@corpora.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="All where none is named.")
    ] = None,
    workspace: WorkspaceOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read every corpus, open every audio header, and say what is there and what is wrong.

    Exits with 1 where a corpus cannot be used. What was found also goes into the database's tables
    `corpora` and `utterances`.
    """
    from pft_tui.errors import FAILED, PftError, UsageError
    from pft_tui.registry import near_miss
    from pft_tui.reports.corpora import show_report, show_unreadable

    place = workspace_of(workspace)
    configured = settings_of(place, settings).corpora
    for name in names or ():
        if name not in configured:
            raise UsageError(f"no corpus {name!r} in {place.settings_file}", hint=near_miss(name, configured))
    if not configured:
        raise UsageError(f"there is no corpus in {place.settings_file}", hint="add a section [corpora.NAME]")
    place.make_folders()
    summaries: list[dict[str, object]] = []
    for name in names or configured:
        try:
            with _progress_bar() as progress:
                report = _check(place, name, configured[name], progress)
        except PftError as error:
            summaries.append({"name": name, "usable": False, "reason": error.message, "remedy": error.hint})
            if not as_json:
                show_unreadable(name, error)
            continue
        summaries.append(report.summary())
        if not as_json:
            show_report(report)
    if as_json:
        _print_json(summaries)
    if not all(summary["usable"] for summary in summaries):
        raise typer.Exit(FAILED)


def _check(
    workspace: Workspace, name: str, settings: CorpusSettings, progress: Callable[[str, int, int], None]
) -> CorpusReport:
    from pft_tui.corpora.check import check_corpus
    from pft_tui.corpora.reporting import corpus_events
    from pft_tui.scheduler.experiment import read_corpus
    from pft_tui.store.record import record

    progress(name, 0, 0)
    corpus = read_corpus(workspace, name, settings)
    report = check_corpus(corpus, progress=lambda done, total: progress(name, done, total))
    problems = len(report.problems)
    record(workspace, corpus_events(corpus, report.headers, problems=problems, report=report.summary()))
    return report


@contextmanager
def _progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that takes the corpus at hand, the files opened and the files in all."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("Checking {task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda name, done, total: bars.update(
            task, description=name, completed=done, total=total or None
        )


def _print_json(value: Any) -> None:  # noqa: ANN401 - anything that JSON can hold
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
