"""A part of a grid: some of its trials, and the models and corpora that these need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from pft_tui.errors import UsageError
from pft_tui.grid import Grid
from pft_tui.registry import near_miss
from pft_tui.specs import BASE, TrialSpec

KEYS = ("model", "speaker", "emotion", "k")


def narrowed(grid: Grid, only: Iterable[str]) -> Grid:
    """The grid without the trials that fail any of the filters `KEY=VALUE[,VALUE]`.

    Trials without an encoder count as of the model `base`. Raises UsageError for an unknown key, and for
    a value that no trial of the grid has.
    """
    filters = [_parsed(text) for text in only]
    if not filters:
        return grid
    names = {model.model_id: model.corpus_set for model in grid.models}
    trials = [(trial, _values(trial, names)) for trial in grid.trials]
    for key, wanted in filters:
        known = {values[key] for _, values in trials}
        for value in wanted:
            if value not in known:
                raise UsageError(
                    f"--only {key}={value}: the grid has no such {key}", hint=near_miss(value, known)
                )
    kept = tuple(trial for trial, values in trials if all(values[key] in wanted for key, wanted in filters))
    used = {trial.model_id for trial in kept}
    models = tuple(model for model in grid.models if model.model_id in used)
    needed = {trial.downstream for trial in kept} | {ref for model in models for ref in model.corpora}
    corpora = tuple(ref for ref in grid.corpora if ref in needed)
    return replace(grid, corpora=corpora, models=models, trials=kept)


def without_trials(grid: Grid) -> Grid:
    """The grid's models alone, and the corpora that they learn from."""
    needed = {ref for model in grid.models for ref in model.corpora}
    return replace(grid, corpora=tuple(ref for ref in grid.corpora if ref in needed), trials=())


def _parsed(text: str) -> tuple[str, Collection[str]]:
    key, equals, values = text.partition("=")
    if not equals or key not in KEYS or "=" in values:
        raise UsageError(
            f"--only {text!r} is not of the form KEY=VALUE[,VALUE]",
            hint=f"keys: {', '.join(KEYS)}; each takes an --only of its own",
        )
    return key, [value.strip() for value in values.split(",")]


def _values(trial: TrialSpec, names: Mapping[str, str]) -> dict[str, str]:
    """What the filters compare, by key."""
    model = names[trial.model_id] if trial.model_id else BASE
    return {"model": model, "speaker": trial.speaker, "emotion": trial.emotion, "k": str(trial.k)}
