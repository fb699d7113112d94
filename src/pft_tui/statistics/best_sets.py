"""Which corpora to choose if only so many can be had: the best set of each size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pft_tui.statistics.powerset import CorpusSet, Coverage, Powerset, Selection
from pft_tui.statistics.resampling import DEFAULT, Resampling, Totals, resampled_means, total_by_speaker
from pft_tui.statistics.summary import Summary, summaries_of

# Means that differ by less than this are level but for rounding.
LEVEL_WITHIN = 1e-12


@dataclass(frozen=True, slots=True)
class BestSet:
    """The set of `size` corpora with the highest mean score at k, among the sets of that size.

    `summary` is of its means in the cells. Its interval does not allow for the set having been chosen
    because it came out best; `wins` does: the share of resamples in which it is best, or level with the
    best. None for a single speaker. `note` says which sets of the size are missing.
    """

    k: int
    size: int
    corpora: CorpusSet
    summary: Summary
    wins: float | None
    coverage: Coverage
    note: str | None


def best_sets(powerset: Powerset, resampling: Resampling = DEFAULT) -> list[BestSet]:
    """The best set of each size at the power set's k; sizes of which no set has scores are left out.

    All sets of a size are compared on the (speaker, emotion) cells that they share, each by the mean
    of its means in the cells. Of sets that are level the first by name is given.
    """
    selections = {size: powerset.of_size(size) for size in range(len(powerset.corpora) + 1)}
    return [
        _best(powerset.k, size, selection, resampling)
        for size, selection in selections.items()
        if selection.coverage.cells
    ]


def _best(k: int, size: int, selection: Selection, resampling: Resampling) -> BestSet:
    totals = total_by_speaker(selection.means, selection.speakers)
    means = totals.mean
    best = int(np.flatnonzero(means >= means.max() - LEVEL_WITHIN)[0])
    resampled = resampled_means(totals, resampling)
    of_best = Totals(totals.speakers, totals.sums[:, [best]], totals.counts)
    (summary,) = summaries_of(selection.means[:, [best]], of_best, resampled[:, [best]])
    wins = None
    if len(totals.speakers) > 1:
        wins = float(np.mean(resampled[:, best] >= resampled.max(axis=1) - LEVEL_WITHIN))
    return BestSet(
        k=k,
        size=size,
        corpora=selection.sets[best],
        summary=summary,
        wins=wins,
        coverage=selection.coverage,
        note=selection.coverage.gap or ("one speaker: no interval" if wins is None else None),
    )
