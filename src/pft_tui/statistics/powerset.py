"""The scores of models on sets of corpora, laid out by cell: what each corpus brings is read off these."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pft_tui.statistics.resampling import Floats
from pft_tui.statistics.trials import Trial

CorpusSet = frozenset[str]


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


def powersets(models: Mapping[CorpusSet, Iterable[Trial]]) -> list[Powerset]:
    """The trials of the models of one setting, by k in rising order; a cell's trials are pooled."""
    by_k: dict[int, dict[CorpusSet, list[Trial]]] = defaultdict(lambda: defaultdict(list))
    for corpora, trials in models.items():
        for trial in trials:
            by_k[trial.cell.k][corpora].append(trial)
    named = tuple(sorted({corpus for corpora in models for corpus in corpora}))
    return [_powerset(k, named, by_k[k]) for k in sorted(by_k)]


def _powerset(k: int, corpora: tuple[str, ...], models: Mapping[CorpusSet, Sequence[Trial]]) -> Powerset:
    sets = sorted(models, key=lambda members: (len(members), sorted(members)))
    languages = {
        (trial.cell.speaker, trial.cell.emotion): trial.language for each in sets for trial in models[each]
    }
    cells = sorted(languages)
    row_of = {cell: row for row, cell in enumerate(cells)}
    sums, counts = np.zeros((2, len(cells), len(sets)))
    for column, each in enumerate(sets):
        for trial in models[each]:
            if trial.score is not None:
                row = row_of[trial.cell.speaker, trial.cell.emotion]
                sums[row, column] += trial.score
                counts[row, column] += 1
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return Powerset(
        k=k,
        corpora=corpora,
        sets=tuple(sets),
        cells=tuple(cells),
        languages=tuple(languages[cell] for cell in cells),
        means=means,
        trials=tuple(counts.sum(axis=0).astype(int).tolist()),
        expected=tuple(len(models[each]) for each in sets),
    )
