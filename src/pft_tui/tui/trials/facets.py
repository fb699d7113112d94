"""The facets as lines of a table: a heading for each, then its values with how many trials they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pft_tui.reports.trials import FACETS
from pft_tui.tui.longtable import Cell

Chosen = dict[str, list[str | int]]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list of facets: a heading where `value` is None."""

    facet: str
    value: str | int | None
    count: int


def lines_of(counts: Mapping[str, Sequence[tuple[Any, int]]], chosen: Chosen) -> list[Line]:
    """The lines: facets with one value alone are left out, unless something of them is chosen."""
    lines = []
    for facet in FACETS:
        values = list(counts.get(facet, ()))
        known = {value for value, _ in values}
        values += [(value, 0) for value in chosen.get(facet, ()) if value not in known]
        if len(values) > 1 or chosen.get(facet):
            lines.append(Line(facet, None, 0))
            lines += [Line(facet, value, count) for value, count in values]
    return lines


def line_cells(line: Line, chosen: Chosen) -> list[Cell]:
    """A line as the table shows it."""
    if line.value is None:
        return [(FACETS[line.facet], "bold"), ""]
    is_chosen = line.value in chosen.get(line.facet, ())
    style = "bold" if is_chosen else "" if line.count else "dim"
    return [(f"{'▣' if is_chosen else '□'} {line.value}", style), (f"{line.count:,}", style)]


def toggled(chosen: Chosen, line: Line) -> Chosen:
    """The choice with a value more or less; on a heading, without anything of its facet."""
    kept = {facet: list(values) for facet, values in chosen.items()}
    if line.value is None:
        kept.pop(line.facet, None)
    elif line.value in kept.get(line.facet, ()):
        kept[line.facet].remove(line.value)
    else:
        kept.setdefault(line.facet, []).append(line.value)
    return {facet: values for facet, values in kept.items() if values}
