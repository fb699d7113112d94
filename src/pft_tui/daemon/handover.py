"""A grid on its way from a command to the daemon: a file, since 33,600 trials are too long for a request."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pft_tui.daemon.client import ask
from pft_tui.errors import UsageError
from pft_tui.events import Small
from pft_tui.grid import Grid
from pft_tui.paths import Workspace
from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, Method, ModelSpec, TrialSpec

NAME = r"^[0-9a-f]{16}$"
_KINDS = {"prepares": "corpora", "models": "models", "trials": "trials"}


@dataclass(frozen=True)
class _Share:
    """What some trials have in common; of each the rest: its recipe's place, emotion, k and number."""

    model_id: str | None
    method: Method
    protocol: str
    downstream: CorpusRef
    speaker: str
    language: str | None
    seed: int
    trials: list[tuple[Small, str, int, int]]


@dataclass(frozen=True)
class _Sheet:
    """A grid as it stands in the file: what trials share once, since 100,000 whole ones take 250 MiB."""

    corpora: tuple[CorpusRef, ...]
    models: tuple[ModelSpec, ...]
    configuration: str
    recipes: list[Recipe]
    shares: list[_Share]


_SHEET: TypeAdapter[_Sheet] = TypeAdapter(_Sheet)


def hand_over(workspace: Workspace, grid: Grid, *, dry_run: bool = False) -> Any:  # noqa: ANN401 - plain JSON data
    """Have the daemon queue a grid, or with `dry_run` say what would become of it; the counts of that.

    They are those of `store.enqueue.Queued`. Raises DaemonError where no daemon runs, RefusedError where it
    refuses.
    """
    return ask(workspace, "enqueue", token=write_grid(workspace, grid), dry_run=dry_run)


def in_words(queued: Mapping[str, Mapping[str, int]]) -> list[str]:
    """A line for each kind of job on what became of a grid: `trials: 12 added, 3 under way`."""
    counts = {
        name: ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in queued[key].items() if count)
        for key, name in _KINDS.items()
    }
    return [f"{name}: {words or 'none'}" for name, words in counts.items()]


def write_grid(workspace: Workspace, grid: Grid) -> str:
    """Write a grid for the daemon; the token that names it in the request."""
    token = secrets.token_hex(8)
    file = os.open(workspace.handed_grid(token), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(_SHEET.dump_json(_sheet_of(grid)))
    return token


def take_grid(workspace: Workspace, token: str) -> Grid:
    """The grid of that token, whose file is deleted. Raises UsageError where it is absent or no grid."""
    path = workspace.handed_grid(token)
    try:
        return _grid_of(_SHEET.validate_json(path.read_bytes()))
    except FileNotFoundError:
        raise UsageError(f"there is no grid {token}", hint="write one first") from None
    except ValidationError as error:
        raise UsageError(f"{path} holds no grid: {error.errors()[0]['msg']}") from None
    except IndexError:
        raise UsageError(f"{path} holds no grid: it lacks a recipe") from None
    finally:
        path.unlink(missing_ok=True)


def _sheet_of(grid: Grid) -> _Sheet:
    places: dict[Recipe, int] = {}
    shares = [
        _Share(
            *common,
            [
                (places.setdefault(trial.recipe, len(places)), trial.emotion, trial.k, trial.trial)
                for trial in trials
            ],
        )
        for common, trials in groupby(grid.trials, key=_common)
    ]
    return _Sheet(grid.corpora, grid.models, grid.configuration, list(places), shares)


def _common(trial: TrialSpec) -> tuple[str | None, Method, str, CorpusRef, str, str | None, int]:
    return (
        trial.model_id,
        trial.method,
        trial.protocol,
        trial.downstream,
        trial.speaker,
        trial.language,
        trial.seed,
    )


def _grid_of(sheet: _Sheet) -> Grid:
    return Grid(sheet.corpora, sheet.models, tuple(_trials_of(sheet)), sheet.configuration)


def _trials_of(sheet: _Sheet) -> Iterator[TrialSpec]:
    for share in sheet.shares:
        for recipe, emotion, k, trial in share.trials:
            yield TrialSpec(
                model_id=share.model_id,
                method=share.method,
                protocol=share.protocol,
                recipe=sheet.recipes[recipe],
                downstream=share.downstream,
                speaker=share.speaker,
                language=share.language,
                emotion=emotion,
                k=k,
                trial=trial,
                seed=share.seed,
            )
