"""`pft compare`: is one model better than another, and how sure is that?"""

from __future__ import annotations

from typing import Annotated

import typer

from pft_tui.cli.options import (
    DownstreamOption,
    EncoderOption,
    JsonOption,
    Metric,
    ProtocolOption,
    WorkspaceOption,
    workspace_of,
)
from pft_tui.cli.output import FormatOption, OutputOption, opened
from pft_tui.errors import PftError

_GROUPINGS = ("k", "language", "emotion", "speaker")


def _names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The sides in the snapshot whose names begin so; none where there is no snapshot."""
    from pft_tui.reports.comparison import sides
    from pft_tui.statistics.sides import names_of

    try:
        there = sides(workspace_of(ctx.params.get("workspace")))
    except PftError:
        return []
    return [name for name in names_of(there) if name.startswith(incomplete)]


def _groupings(incomplete: str) -> list[str]:
    *before, last = incomplete.split(",")
    names = [name for name in _GROUPINGS if name.startswith(last) and name not in before]
    return [",".join((*before, name)) for name in names]


def compare(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="`base`, corpora joined by `+`, `all`, `all-CORPUS` (all but one), or a baseline's name.",
            autocompletion=_names,
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="What to compare it with.", autocompletion=_names)],
    by: Annotated[
        str,
        typer.Option(
            metavar="NAME[,NAME]...",
            help="A row for each of these as well: k, language, emotion, speaker.",
            autocompletion=_groupings,
            show_default=False,
        ),
    ] = "",
    metric: Annotated[
        Metric, typer.Option(metavar="SCORE", help="The score to compare: macro_f1, accuracy or weighted_f1.")
    ] = Metric.MACRO_F1,
    protocol: ProtocolOption = None,
    encoder: EncoderOption = None,
    downstream: DownstreamOption = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="List the trials without a partner instead.")
    ] = False,
    as_format: FormatOption = None,
    as_json: JsonOption = False,
    output: OutputOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Test one model against another, with speakers as the unit.

    The difference is A minus B. Trials are paired by speaker, emotion, k, trial and seed. The interval
    draws whole speakers anew, and the test flips the signs of whole speakers, since trials of one speaker
    are not independent. CSV and JSON have every column; `docs/statistics.md` explains them.

    Examples:

    `pft compare all base --by k`

    `pft compare msp_podcast all-msp_podcast --by k,language`

    `pft compare base constant --metric accuracy --format latex`

    `pft compare iemocap+msp_podcast base --missing`
    """
    from pft_tui.reports.comparison import Compared, show_comparison, show_missing, sides, trials_of
    from pft_tui.statistics.compare import compare as compare_trials
    from pft_tui.statistics.sides import choose_sides

    where = workspace_of(workspace)
    wanted = {"protocol": protocol, "encoder": encoder, "downstream": downstream}
    groupings = tuple(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    with opened(output, as_format, as_json=as_json) as result:
        ours, theirs = choose_sides(sides(where), a, b, wanted)
        rows = compare_trials(
            trials_of(where, ours, metric),
            trials_of(where, theirs, metric),
            groupings,
            names=(ours.name, theirs.name),
        )
        show = show_missing if missing else show_comparison
        show(Compared((ours, theirs), metric, groupings, rows), result)
