"""One model or some trials, beside what the grid of pft.toml asks for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pft_tui.errors import UsageError
from pft_tui.grid import Grid
from pft_tui.paths import Workspace
from pft_tui.scheduler.experiment import read_experiment
from pft_tui.scheduler.narrow import without_trials
from pft_tui.settings import load_settings
from pft_tui.specs import BASE


@dataclass(frozen=True, slots=True)
class Addition:
    """A model (`base`, or corpora joined by +) and the trials from it: so many draws (`trials`) of each cell.

    Of what is empty, pft.toml's grid says which; without draws it is the model alone.
    """

    model: str = BASE
    speakers: Sequence[str] = ()
    emotions: Sequence[str] = ()
    shots: Sequence[int] = ()
    trials: int = 1


def read_addition(workspace: Workspace, addition: Addition, flags: Sequence[str] = ()) -> Grid:
    """The grid of an addition, its corpora read; `flags` are settings over pft.toml.

    Raises SpecError for what the corpora do not hold, UsageError where nothing would be added.
    """
    if not addition.trials and addition.model == BASE:
        raise UsageError("base needs no pre-finetuning", hint="name corpora, or how many trials")
    changes = [f"grid.subsets={json.dumps([addition.model])}", "grid.baselines=[]"]
    changes.append(f"grid.trials={max(1, addition.trials)}")
    lists = {"speakers": addition.speakers, "emotions": addition.emotions, "shots": addition.shots}
    changes += [f"grid.{key}={json.dumps(list(values))}" for key, values in lists.items() if values]
    settings = load_settings(workspace.settings_file, flags=[*flags, *changes])
    grid = read_experiment(workspace, settings)
    return grid if addition.trials else without_trials(grid)
