"""How much disk an experiment will fill."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from pft_tui.audio.layout import BYTES_PER_SAMPLE
from pft_tui.corpora.load import Corpus
from pft_tui.forecast.lacking import Lacking
from pft_tui.forecast.lengths import lengths_of
from pft_tui.paths import Workspace, bytes_below
from pft_tui.settings.model import RunSettings
from pft_tui.specs import FINETUNE
from pft_tui.units import GIB

RATE = 16_000
BYTES_PER_WEIGHT = 4
CHECKPOINT_WEIGHTS = 4
"""A checkpoint holds the weights now and at their best and two moments of each."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of decoded audio, of models, of the checkpoints of those that train at once; and what is free.

    `features` is what the feature cache holds now, and `features_most` what it may come to hold, as long as
    the disk has room beside it; both are 0 where no trial that is lacking has a use for it.
    """

    audio: int
    models: int
    checkpoints: int
    features: int
    features_most: int
    free: int

    @property
    def needed(self) -> int:
        """The most that is filled at any one time."""
        return self.audio + self.models + self.checkpoints


def room_of(
    workspace: Workspace,
    run: RunSettings,
    lacking: Lacking,
    corpora: Mapping[str, Corpus],
    *,
    parameters: int,
    slots: int,
) -> Room:
    """The disk that what is lacking will fill, with an encoder of so many parameters on so many slots."""
    audio = 0.0
    for name, items in lacking.files.items():
        lengths = lengths_of(corpora[name], items, "files")
        audio += lengths.utterances * lengths.mean * RATE * BYTES_PER_SAMPLE
    weights, models = parameters * BYTES_PER_WEIGHT, len(lacking.models)
    at_once = min(slots, models)
    has_frozen = any(trial.method == FINETUNE and trial.recipe.freeze_cnn for trial in lacking.trials)
    keeps = has_frozen and run.feature_cache > 0
    return Room(
        round(audio),
        models * weights,
        at_once * CHECKPOINT_WEIGHTS * weights,
        bytes_below(workspace.features) if keeps else 0,
        round(run.feature_cache * GIB) if keeps else 0,
        shutil.disk_usage(workspace.private).free,
    )
