"""`pft compare`: is one model better than another, and how sure is that?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pft_tui.cli.options import JsonOption, WorkspaceOption, workspace_of
from pft_tui.cli.output import FormatOption, OutputOption, opened
from pft_tui.errors import PftError

if TYPE_CHECKING:
    from pft_tui.paths import Workspace
    from pft_tui.reports.sheet import Sheet
    from pft_tui.reports.show import Output
    from pft_tui.statistics.compare import Comparison
    from pft_tui.statistics.sides import Side
    from pft_tui.statistics.trials import Trial
    from pft_tui.store.read import Table


class Metric(StrEnum):
    """The scores that a trial has."""

    MACRO_F1 = "macro_f1"
    ACCURACY = "accuracy"
    WEIGHTED_F1 = "weighted_f1"


_TITLES = {Metric.MACRO_F1: "macro F1", Metric.ACCURACY: "accuracy", Metric.WEIGHTED_F1: "weighted F1"}
_HEADERS = {"k": "k", "language": "Language", "emotion": "Emotion", "speaker": "Speaker"}
_SIGNIFICANT = 0.05
_DECIMALS = 4


def _names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The sides in the snapshot whose names begin so; none where there is no snapshot."""
    from pft_tui.statistics.sides import ALL, ALL_BUT, names_of, sides_of

    try:
        sides = sides_of(_sides(workspace_of(ctx.params.get("workspace"))))
    except PftError:
        return []
    names = names_of(sides)
    corpora = sorted({corpus for side in sides for corpus in side.corpora})
    every = (*names, ALL, *(f"{ALL_BUT}{corpus}" for corpus in corpora))
    return [name for name in every if name.startswith(incomplete)]


def _groupings(incomplete: str) -> list[str]:
    *before, last = incomplete.split(",")
    names = [name for name in _HEADERS if name.startswith(last) and name not in before]
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
    metric: Annotated[Metric, typer.Option(help="The score to compare.")] = Metric.MACRO_F1,
    protocol: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only trials of this protocol.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only trials from this encoder.")
    ] = None,
    downstream: Annotated[
        str | None, typer.Option(metavar="CORPUS", help="Only trials on this corpus.")
    ] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="List the trials without a partner instead.")
    ] = False,
    as_format: FormatOption = None,
    as_json: JsonOption = False,
    output: OutputOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare two models, trial by trial: A minus B, with intervals and tests that go by speaker.

    Trials are paired by speaker, emotion, k, trial and seed. The interval draws whole speakers anew, and
    the test flips the signs of whole speakers, since trials of one speaker are not independent. CSV and
    JSON have every column; `docs/statistics.md` explains them.

    Examples:

    `pft compare all base --by k`

    `pft compare msp_podcast all-msp_podcast --by k,language`

    `pft compare base constant --metric accuracy --format latex`

    `pft compare iemocap+msp_podcast base --missing`
    """
    from pft_tui.reports.show import show_table
    from pft_tui.statistics.compare import compare as compare_trials
    from pft_tui.statistics.sides import choose_sides
    from pft_tui.statistics.tables import MISSING_COLUMNS, comparison_table, missing_table

    where = workspace_of(workspace)
    wanted = {"protocol": protocol, "encoder": encoder, "downstream": downstream}
    sides = choose_sides(_sides(where), a, b, wanted)
    groupings = tuple(name.strip() for name in by.split(",") if name.strip())
    trials = (_trials(where, side, metric) for side in sides)
    rows = compare_trials(*trials, groupings, names=(sides[0].name, sides[1].name))
    with opened(output, as_format, as_json=as_json) as result:
        if missing:
            show_table(_table(missing_table(rows[-1].missing), MISSING_COLUMNS), result)
        else:
            _show(comparison_table(rows, groupings), groupings, sides, metric, result)
        _say_pairs(rows[-1], sides, result)


def _sides(workspace: Workspace) -> list[dict[str, Any]]:
    from pft_tui.statistics.sides import SIDES
    from pft_tui.store.read import query

    return _rows(query(workspace, SIDES))


def _trials(workspace: Workspace, side: Side, metric: Metric) -> list[Trial]:
    from dataclasses import asdict

    from pft_tui.statistics.sides import TRIALS
    from pft_tui.statistics.trials import read_trial
    from pft_tui.store.read import query

    return [read_trial(row, metric) for row in _rows(query(workspace, TRIALS, asdict(side)))]


def _rows(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def _table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> Table:
    from pft_tui.store.read import Table

    return Table(tuple(columns), ("",) * len(columns), [tuple(row[name] for name in columns) for row in rows])


def _show(
    rows: Sequence[Mapping[str, Any]],
    by: Sequence[str],
    sides: tuple[Side, Side],
    metric: Metric,
    output: Output,
) -> None:
    """The rows of a comparison: whole for programs, the main columns for people."""
    from pft_tui.reports.formats import WRITERS, Format
    from pft_tui.reports.markup import latex, markdown
    from pft_tui.reports.terminal import console_for, show_sheet

    if output.format in WRITERS:
        WRITERS[output.format](_table(rows, list(rows[0])), output.out)
        return
    sheet = _sheet(rows, by, sides, metric)
    if output.format is Format.TABLE:
        show_sheet(sheet, console_for(output.out))
    else:
        output.out.write(markdown(sheet) if output.format is Format.MARKDOWN else latex(sheet))


def _sheet(
    rows: Sequence[Mapping[str, Any]], by: Sequence[str], sides: tuple[Side, Side], metric: Metric
) -> Sheet:
    from pft_tui.reports.catalogue import Column
    from pft_tui.reports.sheet import Sheet
    from pft_tui.statistics.sides import setting_of

    a, b = sides
    columns = (
        *(Column(_HEADERS[name], "count" if name == "k" else "word") for name in by),
        Column("Pairs", "count"),
        Column("A", "score"),
        Column("B", "score"),
        Column("A − B", "delta"),
        Column("SE", "score"),
        Column("95 % interval", "number"),
        Column("p", "number", latex="$p$"),
        Column("Holm", "number"),
        Column("Wilcoxon", "number"),
        Column("d_z", "number", latex="$d_z$"),
        Column("r", "number", latex="$r$"),
    )
    last = len(rows) - 1
    cells = tuple(
        (*("all" if place == last else str(row[name]) for name in by), *_cells(row))
        for place, row in enumerate(rows)
    )
    title = f"A = {a.name}, B = {b.name}: {_TITLES[metric]}"
    notes = [setting_of(a, b), *_notes(rows, by)]
    return Sheet(title, tuple(notes), columns, cells, frozenset({last} if by else ()))


def _cells(row: Mapping[str, Any]) -> Iterable[str]:
    from pft_tui.reports.values import DASH, signed

    def decimals(name: str, count: int = _DECIMALS) -> str:
        return DASH if row[name] is None else f"{row[name]:.{count}f}"

    def difference(name: str) -> str:
        return DASH if row[name] is None else signed(row[name], _DECIMALS)

    yield str(row["pairs"]) if row["pairs"] == row["possible"] else f"{row['pairs']}/{row['possible']}"
    yield decimals("mean_a")
    yield decimals("mean_b")
    yield difference("difference")
    yield decimals("se")
    yield DASH if row["low"] is None else f"{difference('low')} to {difference('high')}"
    for name in ("p", "p_holm", "wilcoxon_p"):
        yield DASH if row[name] is None else f"{row[name]:.2g}"
    yield decimals("d_z", 2)
    yield decimals("rank_biserial", 2)


def _notes(rows: Sequence[Mapping[str, Any]], by: Sequence[str]) -> Iterable[str]:
    """What is not defined in some row and why, and where a test could not have come out small."""
    groups = [", ".join(str(row[name]) for name in by) for row in rows[:-1]]
    names = dict(zip([*groups, "all"], rows, strict=True))
    for note in dict.fromkeys(row["note"] for row in rows if row["note"]):
        where = [name for name, row in names.items() if row["note"] == note]
        yield note if len(where) == len(rows) else f"{'; '.join(where)}: {note}"
    for smallest in dict.fromkeys(row["p_smallest"] for row in rows):
        if smallest is not None and smallest > _SIGNIFICANT:
            speakers = next(row["speakers"] for row in rows if row["p_smallest"] == smallest)
            yield f"with {speakers} speakers no p can be smaller than {smallest:.2g}"


def _say_pairs(overall: Comparison, sides: tuple[Side, Side], output: Output) -> None:
    """How many pairs there are, and how the trials stand of those that are missing."""
    counts = Counter(
        (side.name, how)
        for cell in overall.missing
        for side, how in zip(sides, (cell.a, cell.b), strict=True)
        if how != "finished"
    )
    output.say(f"{overall.pairs:,} of {overall.possible:,} pairs")
    for (name, how), count in sorted(counts.items()):
        output.say(f"{name}: {count:,} {how}")
