"""How far results point the way of the published ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pft_tui.reports.rows import Row


def agreement(rows: Sequence[Row]) -> list[str]:
    """In how many rows of `table1_vs_paper`, of one setting, sign and rank are those of the paper.

    The rank of a corpus that is alone at its k says nothing and does not count.
    """
    if not rows:
        return []
    corpora = Counter(row["k"] for row in rows)
    ranked = [row for row in rows if corpora[row["k"]] > 1]
    signs = f"the sign of Δ is the paper's in {_share(rows, 'sign_agrees')} rows"
    return [signs + (f", the rank among the corpora in {_share(ranked, 'rank_agrees')}" if ranked else "")]


def _share(rows: Sequence[Row], column: str) -> str:
    return f"{sum(bool(row[column]) for row in rows)} of {len(rows)}"
