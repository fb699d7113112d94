"""The scores of models on sets of corpora, laid out by cell: what each corpus brings is read off these."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pft_tui.statistics.resampling import Floats
from pft_tui.statistics.trials import UNKNOWN

CorpusSet = frozenset[str]


class CellScores(NamedTuple):
    """The trials of a model in a (speaker, emotion) cell, pooled.

    `trials` of the `expected` ones have finished; `total` is the sum of their scores, None without any.
    """

    speaker: str
    emotion: str
    language: str | None
    total: float | None
    trials: int
    expected: int


@dataclass(frozen=True, slots=True)
class ModelScores:
    """The scores of the model pre-finetuned on `corpora`, at one k: one or more cells, each there once."""

    k: int
    corpora: CorpusSet
    cells: Sequence[CellScores]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what a number needs is there: sets with scores, cells that all of these share, trials.

    `expected` counts the trials that are known for the sets, finished or not, and `trials` the finished.
    """

    sets: int
    possible_sets: int
    cells: int
    expected_cells: int
    trials: int
    expected: int

    @property
    def gap(self) -> str | None:
        """What is missing for a number over all sets, or None where it can be had."""
        if self.sets < self.possible_sets:
            return f"{self.sets} of {self.possible_sets} sets have scores"
        return None if self.cells else "no speaker and emotion has scores of all sets"


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the sets on the cells that they share: `means` is (cells, sets) without gaps."""

    sets: tuple[CorpusSet, ...]
    means: Floats
    speakers: tuple[str, ...]
    languages: tuple[str, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Powerset:
    """At one k, the mean score of each set of corpora in each (speaker, emotion) cell.

    `means` is (cells, sets), NaN where nothing has finished. `corpora` is the union of all sets, `sets`
    those that have any trial, smallest first; `trials` of the `expected` ones of each set have a score.
    """

    k: int
    corpora: tuple[str, ...]
    sets: tuple[CorpusSet, ...]
    cells: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]
    means: Floats
    trials: tuple[int, ...]
    expected: tuple[int, ...]

    def select(self, columns: Sequence[int], possible: int) -> Selection:
        """The sets in `columns`, of the `possible` ones, on the cells that all that have scores share."""
        scored = [column for column in columns if not np.isnan(self.means[:, column]).all()]
        rows = np.flatnonzero(~np.isnan(self.means[:, scored]).any(axis=1)).tolist() if scored else []
        return Selection(
            sets=tuple(self.sets[column] for column in scored),
            means=self.means[np.ix_(rows, scored)],
            speakers=tuple(self.cells[row][0] for row in rows),
            languages=tuple(self.languages[row] for row in rows),
            coverage=Coverage(
                sets=len(scored),
                possible_sets=possible,
                cells=len(rows),
                expected_cells=len(self.cells),
                trials=sum(self.trials[column] for column in columns),
                expected=sum(self.expected[column] for column in columns),
            ),
        )

    def whole(self) -> Selection:
        """All sets of the corpora: 2^m of them."""
        return self.select(range(len(self.sets)), 1 << len(self.corpora))

    def of_size(self, size: int) -> Selection:
        """All sets of `size` corpora."""
        columns = [column for column, members in enumerate(self.sets) if len(members) == size]
        return self.select(columns, math.comb(len(self.corpora), size))


def powersets(models: Iterable[ModelScores]) -> list[Powerset]:
    """The scores of the models of one setting, by k in rising order. At each k a set has one entry."""
    by_k: dict[int, list[ModelScores]] = defaultdict(list)
    for model in models:
        by_k[model.k].append(model)
    named = tuple(sorted({corpus for of_k in by_k.values() for model in of_k for corpus in model.corpora}))
    return [_powerset(k, named, by_k[k]) for k in sorted(by_k)]


def _powerset(k: int, corpora: tuple[str, ...], models: Iterable[ModelScores]) -> Powerset:
    models = sorted(models, key=lambda model: (len(model.corpora), sorted(model.corpora)))
    languages: dict[tuple[str, str], str | None] = {}
    found = []
    for model in models:
        speakers, emotions, spoken, *numbers = zip(*model.cells, strict=True)
        cells = list(zip(speakers, emotions, strict=True))
        languages.update(zip(cells, spoken, strict=True))
        found.append((cells, np.array(numbers, np.float64)))  # a total of None becomes NaN
    row_of = {cell: row for row, cell in enumerate(sorted(languages))}
    totals, trials, expected = numbers_of = np.zeros((3, len(row_of), len(models)))
    for column, (cells, values) in enumerate(found):
        numbers_of[:, [row_of[cell] for cell in cells], column] = values
    return Powerset(
        k=k,
        corpora=corpora,
        sets=tuple(model.corpora for model in models),
        cells=tuple(row_of),
        languages=tuple(languages[cell] or UNKNOWN for cell in row_of),
        means=np.divide(totals, trials, out=np.full_like(totals, np.nan), where=trials > 0),
        trials=tuple(trials.sum(axis=0).astype(int).tolist()),
        expected=tuple(expected.sum(axis=0).astype(int).tolist()),
    )
