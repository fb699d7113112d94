"""`pft results`: the tables and figures, as far as the trials have come."""

from __future__ import annotations

from typing import Annotated

import typer

from pft_tui.cli.options import (
    DownstreamOption,
    EmotionOption,
    EncoderOption,
    JsonOption,
    LanguageOption,
    Metric,
    ProtocolOption,
    ShotsOption,
    SpeakerOption,
    WorkspaceOption,
    workspace_of,
)
from pft_tui.cli.output import FormatOption, OutputOption, opened
from pft_tui.errors import UsageError
from pft_tui.reports.catalogue import REPORTS, report

TABLE1 = "table1"


def _matching(incomplete: str) -> list[tuple[str, str]]:
    return [(name, report.title) for name, report in REPORTS.items() if name.startswith(incomplete)]


def results(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help=f"One of {', '.join(REPORTS)}; without it, an overview.",
            autocompletion=_matching,
            show_default=False,
        ),
    ] = None,
    protocol: ProtocolOption = None,
    encoder: EncoderOption = None,
    downstream: DownstreamOption = None,
    metric: Annotated[
        Metric,
        typer.Option(metavar="SCORE", help="The score in all numbers: macro_f1, accuracy or weighted_f1."),
    ] = Metric.MACRO_F1,
    language: LanguageOption = None,
    speaker: SpeakerOption = None,
    emotion: EmotionOption = None,
    shots: ShotsOption = None,
    interval: Annotated[
        bool,
        typer.Option(
            "--interval", help="95 % intervals, with speakers as the units, in the place of standard errors."
        ),
    ] = False,
    vs_paper: Annotated[
        bool, typer.Option("--vs-paper", help="Beside the paper's numbers: Table 1, or the power set.")
    ] = False,
    plot: Annotated[
        bool | None,
        typer.Option(
            "--plot/--no-plot", help="Draw figures, or list their numbers; drawn on a terminal by default."
        ),
    ] = None,
    as_format: FormatOption = None,
    as_json: JsonOption = False,
    output: OutputOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show the tables and figures, as far as trials have finished.

    Settings (protocol, encoder, downstream corpus) never mix: each has tables of its own. CSV and JSON have
    every column, tables for people the main ones.

    Examples:

    `pft results`

    `pft results figure2 --no-plot`

    `pft results table1 --vs-paper`

    `pft results table1 --format latex -o table1.tex`

    `pft results powerset --protocol paper --json`

    `pft results figure2 --language Mandarin --metric accuracy --interval`
    """
    from pft_tui.reports.reading import Reading
    from pft_tui.reports.show import show_overview, show_report
    from pft_tui.store.subset import Subset

    where = workspace_of(workspace)
    if vs_paper:
        name = _beside_the_paper(name or TABLE1)
    wanted = {"protocol": protocol, "encoder": encoder, "downstream": downstream}
    subset = Subset(
        metric.value, tuple(language or ()), tuple(speaker or ()), tuple(emotion or ()), tuple(shots or ())
    )
    reading = Reading(subset, interval)
    with opened(output, as_format, as_json=as_json, plot=plot) as opened_output:
        if name is None:
            show_overview(where, wanted, opened_output, reading.subset)
        else:
            show_report(where, name, wanted, opened_output, reading)


def _beside_the_paper(name: str) -> str:
    """The report that has the published numbers in it."""
    beside = report(name).vs_paper
    if beside is None:
        able = ", ".join(other for other, entry in REPORTS.items() if entry.vs_paper)
        raise UsageError(f"the paper's {name} is not known as numbers", hint=f"--vs-paper goes with {able}")
    return beside
