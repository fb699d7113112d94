"""Pairs of trials that fill the same cell for two models or methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pft_tui.statistics.trials import ABSENT, FINISHED, Cell, Trial, by_cell


@dataclass(frozen=True, slots=True)
class Pair:
    """The scores of A and B in one cell."""

    cell: Cell
    language: str
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class Missing:
    """A cell that A and B do not both have a score in; `a` and `b` say how their trials stand.

    That is `finished`, another status of a trial, `without a score`, or `absent` where none was queued.
    """

    cell: Cell
    language: str
    a: str
    b: str


def pair_up(
    a: Iterable[Trial], b: Iterable[Trial], names: tuple[str, str] = ("A", "B")
) -> tuple[list[Pair], list[Missing]]:
    """The pairs of `a` and `b`, and the cells known to either that make no pair, both sorted by cell.

    Raises UsageError where one of them fills a cell twice.
    """
    pairs: list[Pair] = []
    missing: list[Missing] = []
    for cell, language, one, other in _side_by_side(by_cell(a, names[0]), by_cell(b, names[1])):
        if one and other and one.score is not None and other.score is not None:
            pairs.append(Pair(cell, language, one.score, other.score))
        else:
            missing.append(Missing(cell, language, _standing(one), _standing(other)))
    return pairs, missing


def _side_by_side(
    a: dict[Cell, Trial], b: dict[Cell, Trial]
) -> Iterator[tuple[Cell, str, Trial | None, Trial | None]]:
    for cell in sorted(a.keys() | b.keys()):
        either = a[cell] if cell in a else b[cell]
        yield cell, either.language, a.get(cell), b.get(cell)


def _standing(trial: Trial | None) -> str:
    if trial is None:
        return ABSENT
    return trial.status if trial.score is None else FINISHED
