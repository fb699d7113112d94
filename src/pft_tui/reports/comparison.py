"""Comparisons of two models: their trials from the published snapshot, and how a comparison is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pft_tui.paths import Workspace
from pft_tui.reports.catalogue import Column
from pft_tui.reports.formats import WRITERS
from pft_tui.reports.sheet import DECIMALS, Sheet
from pft_tui.reports.show import Output, show_table, write_sheet
from pft_tui.reports.statistic import dicts
from pft_tui.reports.values import DASH, signed
from pft_tui.statistics.compare import Comparison
from pft_tui.statistics.sides import SIDES, TRIALS, Side, setting_of, sides_of
from pft_tui.statistics.tables import MISSING_COLUMNS, FlatRow, comparison_table, missing_table
from pft_tui.statistics.trials import FINISHED, Trial, read_trial
from pft_tui.store.read import Table, query

METRICS = {"macro_f1": "macro F1", "accuracy": "accuracy", "weighted_f1": "weighted F1"}

_GROUPINGS = {
    "k": Column("k", "count", latex="$k$"),
    "language": Column("Language", "word"),
    "emotion": Column("Emotion", "word"),
    "speaker": Column("Speaker", "word"),
}
_NUMBERS = (
    Column("Pairs", "count"),
    Column("A", "score"),
    Column("B", "score"),
    Column("A − B", "delta"),
    Column("95 % interval", "number"),
    Column("p", "number", latex="$p$"),
    Column("Holm", "number"),
    Column("d_z", "number", latex="$d_z$"),
)
_OVERALL = "all"
_SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison to be shown: the two sides, the metric, the groupings and a row for each group."""

    sides: tuple[Side, Side]
    metric: str
    by: tuple[str, ...]
    rows: Sequence[Comparison]

    @property
    def overall(self) -> Comparison:
        """The row over all groups."""
        return self.rows[-1]


def sides(workspace: Workspace) -> list[Side]:
    """Every side that the snapshot has trials of."""
    return sides_of(dicts(query(workspace, SIDES)))


def trials_of(workspace: Workspace, side: Side, metric: str) -> list[Trial]:
    """The trials of a side, finished or not, scored by `metric` (one of METRICS)."""
    return [read_trial(row, metric) for row in dicts(query(workspace, TRIALS, asdict(side)))]


def show_comparison(compared: Compared, output: Output) -> None:
    """The comparison: every column for programs, the main ones for people."""
    rows = comparison_table(compared.rows, compared.by)
    if output.format in WRITERS:
        WRITERS[output.format](_table(rows, tuple(rows[0])), output.out)
    else:
        write_sheet(_sheet(compared, rows), output)
    _say_pairs(compared, output)


def show_missing(compared: Compared, output: Output) -> None:
    """The trials without a partner, and how those of either side stand."""
    show_table(_table(missing_table(compared.overall.missing), MISSING_COLUMNS), output)
    _say_pairs(compared, output)


def _table(rows: Sequence[FlatRow], columns: tuple[str, ...]) -> Table:
    return Table(columns, ("",) * len(columns), [tuple(row[name] for name in columns) for row in rows])


def _sheet(compared: Compared, rows: Sequence[FlatRow]) -> Sheet:
    a, b = compared.sides
    last = len(rows) - 1
    return Sheet(
        title=f"A = {a.name}, B = {b.name}: {METRICS[compared.metric]}",
        notes=(setting_of(a, b), *_notes(compared)),
        columns=(*(_GROUPINGS[name] for name in compared.by), *_NUMBERS),
        cells=tuple(
            (*(_OVERALL if place == last else str(row[name]) for name in compared.by), *_numbers(row))
            for place, row in enumerate(rows)
        ),
        blocks=frozenset({last} if compared.by else ()),
    )


def _numbers(row: Mapping[str, Any]) -> Iterator[str]:
    def written(name: str, form: str) -> str:
        return DASH if row[name] is None else format(row[name], form)

    def difference(name: str, decimals: int = DECIMALS) -> str:
        return DASH if row[name] is None else signed(row[name], decimals)

    yield str(row["pairs"]) if row["pairs"] == row["possible"] else f"{row['pairs']}/{row['possible']}"
    yield written("mean_a", f".{DECIMALS}f")
    yield written("mean_b", f".{DECIMALS}f")
    yield difference("difference")
    yield DASH if row["low"] is None else f"{difference('low')} to {difference('high')}"
    yield written("p", ".2g")
    yield written("p_holm", ".2g")
    yield difference("d_z", 2)


def _notes(compared: Compared) -> Iterator[str]:
    """What is not defined in some row, and where a test could not have come out small."""
    notes: dict[str, list[str]] = {}
    for row in compared.rows:
        for note in _notes_on(row):
            notes.setdefault(note, []).append(", ".join(map(str, row.group.values())) or _OVERALL)
    for note, groups in notes.items():
        yield note if len(groups) == len(compared.rows) else f"{'; '.join(groups)}: {note}"


def _notes_on(row: Comparison) -> Iterator[str]:
    if row.note:
        yield row.note
    if row.test and row.test.smallest > _SIGNIFICANT:
        yield f"so few speakers differ that no p can be below {row.test.smallest:.2g}"


def _say_pairs(compared: Compared, output: Output) -> None:
    """How many pairs there are, and how the trials stand of those that are missing."""
    overall = compared.overall
    counts = Counter(
        (side.name, standing)
        for cell in overall.missing
        for side, standing in zip(compared.sides, (cell.a, cell.b), strict=True)
        if standing != FINISHED
    )
    output.say(f"{overall.pairs:,} of {overall.possible:,} pairs")
    for (name, standing), count in sorted(counts.items()):
        output.say(f"{name}: {count:,} {standing}")
