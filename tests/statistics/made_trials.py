"""Trials made up for the tests of statistics: complete, incomplete, lopsided."""

from __future__ import annotations

from itertools import chain, combinations, product

import numpy as np

from pft_tui.statistics.powerset import CellScores, ModelScores, powersets
from pft_tui.statistics.trials import Cell, Trial

LANGUAGES = ("English", "Mandarin")


def power_set(corpora):
    sizes = range(len(corpora) + 1)
    return [frozenset(some) for some in chain.from_iterable(combinations(corpora, size) for size in sizes)]


def made_trials(generator, *, speakers=4, emotions=3, ks=(2, 8), trials=3, missing=0.0, queued=0.0, lift=0.0):
    """Trials of one model with a speaker effect; some are not there, some have not finished."""
    made = []
    effects = generator.normal(lift, 0.1, speakers)
    cells = product(range(speakers), range(emotions), ks, range(trials))
    for speaker, emotion, k, trial in cells:
        if generator.random() < missing:
            continue
        cell = Cell(f"s{speaker:02}", f"e{emotion}", k, trial, 0)
        language = LANGUAGES[speaker % 2]
        if generator.random() < queued:
            made.append(Trial(cell, language, None, "queued"))
        else:
            made.append(Trial(cell, language, 0.5 + effects[speaker] + generator.normal(0, 0.1)))
    return made


def pooled(models):
    """Trials by set of corpora, as the database sums them up: an entry for each set and k."""
    cells = {}
    for members, trials in models.items():
        for trial in trials:
            speaker, emotion, k, *_ = trial.cell
            cells.setdefault((k, members), {}).setdefault((speaker, emotion, trial.language), []).append(
                trial.score
            )
    return [
        ModelScores(k, members, [CellScores(*cell, *_summed(scores)) for cell, scores in of_model.items()])
        for (k, members), of_model in cells.items()
    ]


def powersets_of(models):
    """The power sets of trials by set of corpora."""
    return powersets(pooled(models))


def _summed(scores):
    finished = [score for score in scores if score is not None]
    return sum(finished) if finished else None, len(finished), len(scores)


def made_powerset(seed, corpora, **options):
    """Trials of every set of the corpora."""
    generator = np.random.default_rng(seed)
    return {members: made_trials(generator, **options) for members in power_set(corpora)}
