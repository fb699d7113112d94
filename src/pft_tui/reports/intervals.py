"""95 % intervals, with speakers as the units, beside the means of views that have standard errors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pft_tui.errors import StoreError, UsageError
from pft_tui.paths import Workspace
from pft_tui.store.read import Table, query

if TYPE_CHECKING:
    from pft_tui.statistics.resampling import Interval

Key = tuple[object, ...]

# For each report the sum and number of the values of each speaker that a row's mean is over, with the
# columns that name the row.
_BY_SPEAKER: Mapping[str, str] = {
    "figure2": """
        select unnest(setting), k, n_corpora, speaker, sum(sum_f1) as total, sum(trials) as n
        from private.cell_sums
        group by setting, k, n_corpora, speaker
    """,
    "figure3": """
        select unnest(setting), k, corpus, speaker, sum(delta) as total, count(delta) as n
        from private.corpus_deltas
        group by setting, k, corpus, speaker
    """,
    "powerset": """
        select
            unnest(setting),
            if(n_corpora = 0, 'base', array_to_string(corpora, '+')) as corpus_set,
            k,
            speaker,
            sum(sum_f1) as total,
            sum(trials) as n
        from private.cell_sums
        group by setting, corpora, n_corpora, k, speaker
    """,
}


def has_intervals(name: str) -> bool:
    """Whether a report can have intervals in the place of its standard errors."""
    return name in _BY_SPEAKER


def with_intervals(workspace: Workspace, name: str, table: Table) -> Table:
    """The rows of a report with the columns `low` and `high`: NULL where a single speaker has values.

    Raises StoreError where the snapshot was published by another version.
    """
    try:
        answer = query(workspace, f"select * from ({_BY_SPEAKER[name]}) where n > 0 order by all")  # noqa: S608
    except UsageError as error:  # a view that it has not
        raise StoreError(
            f"{workspace.snapshot} was published by another version of pft-tui",
            hint="`pft run` publishes it anew",
        ) from error
    keys = answer.columns[: answer.columns.index("speaker")]
    found = _intervals(answer)
    places = [table.columns.index(key) for key in keys]
    ends = [found.get(tuple(row[place] for place in places)) or (None, None) for row in table.rows]
    return Table(
        (*table.columns, "low", "high"),
        (*table.types, "DOUBLE", "DOUBLE"),
        [(*row, *end) for row, end in zip(table.rows, ends, strict=True)],
    )


def _intervals(answer: Table) -> dict[Key, Interval | None]:
    values: dict[Key, list[tuple[str, float, float]]] = defaultdict(list)
    for *key, speaker, total, n in answer.rows:
        values[tuple(key)].append((speaker, total, n))
    return {key: _interval(of_row) for key, of_row in values.items()}


def _interval(values: list[tuple[str, float, float]]) -> Interval | None:
    import numpy as np

    from pft_tui.statistics.resampling import Totals, interval_of, resampled_means

    speakers, sums, counts = zip(*values, strict=True)
    totals = Totals(speakers, np.array(sums, np.float64), np.array(counts, np.float64))
    return interval_of(resampled_means(totals), len(speakers))
