"""What is each corpus worth? Its Shapley value among the corpora that models are pre-finetuned on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pft_tui.statistics.powerset import CorpusSet, Coverage, Powerset
from pft_tui.statistics.resampling import DEFAULT, Floats, Resampling
from pft_tui.statistics.summary import Summary, summarise_columns


@dataclass(frozen=True, slots=True)
class ShapleyValue:
    """What `corpus` adds to macro F1 at k, on average over all orders in which corpora could be added.

    `summary` is of its values in the cells; None where a set of corpora is missing, and `note` says so.
    """

    k: int
    corpus: str
    summary: Summary | None
    coverage: Coverage
    note: str | None


def shapley_values(powerset: Powerset, resampling: Resampling = DEFAULT) -> list[ShapleyValue]:
    """The Shapley value of each corpus at the power set's k, with an interval over speakers.

    The worth v(S) of a set is the mean, over the (speaker, emotion) cells that all sets share, of the
    mean score of the model of S. The values add up to v(all corpora) - v(no corpus). As the value is
    linear in v it is taken inside each cell first (Shapley, "A Value for n-Person Games", 1953).
    """
    whole = powerset.whole()
    gap = whole.coverage.gap
    if gap:
        return [ShapleyValue(powerset.k, corpus, None, whole.coverage, gap) for corpus in powerset.corpora]
    in_cells = whole.means @ shapley_weights(whole.sets, powerset.corpora)
    summaries = summarise_columns(in_cells, whole.speakers, resampling)
    return [
        ShapleyValue(
            powerset.k,
            corpus,
            summary,
            whole.coverage,
            "one speaker: no interval" if summary.interval is None else None,
        )
        for corpus, summary in zip(powerset.corpora, summaries, strict=True)
    ]


def shapley_weights(sets: Sequence[CorpusSet], corpora: Sequence[str]) -> Floats:
    """The weight of each set's worth in each corpus's value: (sets, corpora).

    A set of s of the m corpora counts (s - 1)! (m - s)! / m! for its members, and for all others
    -s! (m - s - 1)! / m!: the probability, over all orders, that a corpus completes or would join it.
    """
    m = len(corpora)

    def weight(members: CorpusSet, corpus: str) -> float:
        before = len(members) - 1 if corpus in members else len(members)
        share = math.factorial(before) * math.factorial(m - before - 1) / math.factorial(m)
        return share if corpus in members else -share

    return np.array([[weight(members, corpus) for corpus in corpora] for members in sets])
