"""Pointing at a number of a result: what it says, where the next one is, and which trials are behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from pft_tui.reports.rows import Row, number
from pft_tui.reports.sheet import Sheet
from pft_tui.reports.values import DASH
from pft_tui.tui.results.findings import Findings

BASE = "base"
# Where the lines of a figure lie over each other, up leads to the next higher one: by this column.
HEIGHTS = {"figure2": "mean_f1"}
_FACETS = ("k", "language", "speaker", "emotion")
_SETTING = ("protocol", "method", "encoder", "downstream")
Choice = dict[str, list[str | int]]


def pointable(findings: Findings, drawn: Collection[int]) -> list[int]:
    """The places that a cursor can go to in a figure that shows the rows `drawn`.

    What lies under another marker is among them: only lines of which nothing is drawn are passed over.
    """
    names = findings.wish.shown.order[:-1]
    lines = [tuple(row[name] for name in names) for row in findings.rows]
    shown = {lines[place] for place in drawn}
    return [place for place, line in enumerate(lines) if line in shown]


def neighbour(findings: Findings, places: Sequence[int], row: int, right: int, down: int) -> int:
    """The place, of those given, one step to the right, the left, up or down of a row, or the row itself.

    Rows are in the order of the columns that name them: the last of these goes from left to right, the
    others from top to bottom.
    """
    if right:
        return places[min(max(places.index(row) + right, 0), len(places) - 1)]
    names = findings.wish.shown.order
    same = findings.rows[row][names[-1]]
    column = [place for place in places if findings.rows[place][names[-1]] == same]
    height = HEIGHTS.get(findings.wish.name)
    if height:
        column.sort(key=lambda place: -(number(findings.rows[place], height) or 0.0))
    at = column.index(row) + down
    return column[at] if 0 <= at < len(column) else row


def words(sheet: Sheet, row: int) -> str:
    """All that a row says: its cells with their headers; what is not known is left out."""
    return "  ".join(
        f"{column.header} {cell}"
        for column, cell in zip(sheet.columns, sheet.cells[row], strict=True)
        if cell not in ("", DASH)
    )


def trials_behind(findings: Findings, row: int, column: str) -> Choice:
    """The trials that a number rests on, as values by facet: an absent facet is any.

    `column` is one of the names of the findings; `row` its row's place.
    """
    found, wish = findings.rows[row], findings.wish
    subset = wish.subset
    choice: Choice = {
        "language": list(subset.languages),
        "speaker": list(subset.speakers),
        "emotion": list(subset.emotions),
        "k": list(subset.shots),
    }
    for facet in _FACETS:
        value = found.get(facet)
        if isinstance(value, str | int):
            choice[facet] = [value]
    speaker_language = found.get("speaker_language")
    if isinstance(speaker_language, str):
        choice["language"] = [speaker_language]
    choice["corpus_set"] = list(_sets_behind(findings.sets, found, column))
    for facet in _SETTING:
        choice[facet] = [str(found[facet])]
    return {facet: values for facet, values in choice.items() if values}


def _sets_behind(sets: Sequence[str], row: Row, column: str) -> Sequence[str]:
    """The sets of corpora behind a column of a row; none where all are."""
    everything = {corpus for name in sets for corpus in _members(name)}
    if "corpus_set" in row:
        own = str(row["corpus_set"])
        return (BASE, own) if column == "delta_vs_base" and own != BASE else (own,)
    if "n_corpora" in row:
        return [name for name in sets if len(_members(name)) == row["n_corpora"]]
    if "no_pft" in row:
        ends: dict[str, Callable[[frozenset[str]], bool]] = {
            "no_pft": lambda members: not members,
            "all_pft": lambda members: members == everything,
        }
        chosen = [ends[column]] if column in ends else list(ends.values())
        return [name for name in sets if any(holds(_members(name)) for holds in chosen)]
    if "corpus" in row:
        return _sets_of_corpus(sets, frozenset(everything), str(row["corpus"]), row, column)
    return ()


def _sets_of_corpus(
    sets: Sequence[str], everything: frozenset[str], corpus: str, row: Row, column: str
) -> Sequence[str]:
    if "shapley" in row:
        return ()
    alone, others = frozenset({corpus}), everything - {corpus}
    if "mean_delta" in row:
        return [name for name in sets if name == BASE or corpus in _members(name)]
    first = everything if "f1_all" in row else alone
    sides = {"f1_in": {first}, "f1_all": {first}, "f1_ex": {others}}
    wanted = sides.get(column.removeprefix("paper_"), {first, others})
    return [name for name in sets if _members(name) in wanted]


def _members(name: str) -> frozenset[str]:
    return frozenset() if name == BASE else frozenset(name.split("+"))
