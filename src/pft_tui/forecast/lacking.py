"""What a workspace still lacks of its grid, and what its finished runs say about those to come."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from pft_tui.audio.layout import INDEX_FILE
from pft_tui.corpora.load import Corpus
from pft_tui.corpora.utterance import Utterance
from pft_tui.grid import Grid
from pft_tui.paths import MODEL_RECORD, Workspace
from pft_tui.specs import ModelSpec, TrialSpec
from pft_tui.store.read import held_open, query

FINISHED = "select job_id from jobs where state = 'finished' and not superseded"
TRIAL_EPOCHS = """
select method, k, avg(epochs), coalesce(stddev_samp(epochs), 0), count(*)
from trials
where status = 'finished' and list_contains($models, model_id) and protocol = $protocol
group by method, k
"""
MODEL_EPOCHS = """
select avg(epochs), coalesce(stddev_samp(epochs), 0), count(*)
from models
where status = 'finished' and list_contains($models, model_id) and n_corpora > 0
"""


@dataclass(frozen=True, slots=True)
class Epochs:
    """How many epochs `runs` finished runs took: the mean, and the standard error of it."""

    mean: float
    error: float
    runs: int


@dataclass(frozen=True, slots=True)
class Past:
    """The jobs that are finished, and the epochs of the finished trials (by method and k) and models."""

    finished: frozenset[str] = frozenset()
    trials: dict[tuple[str, int], Epochs] | None = None
    models: Epochs | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """What is left of a grid: files to decode by corpus, models to pre-finetune, trials to run."""

    files: dict[str, tuple[Utterance, ...]]
    models: tuple[ModelSpec, ...]
    trials: tuple[TrialSpec, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether the grid is complete."""
        return not self.models and not self.trials

    def trials_by_shots(self) -> Counter[tuple[str, int]]:
        """The number of trials by method and k."""
        return Counter((trial.method, trial.k) for trial in self.trials)

    def bundles(self) -> Counter[str]:
        """The number of pairs of a model and a speaker, by method."""
        return Counter(
            method
            for method, _, _ in {(trial.method, trial.model_id, trial.speaker) for trial in self.trials}
        )


def past_of(workspace: Workspace, grid: Grid) -> Past:
    """What the published snapshot knows of a grid; nothing where there is none."""
    if not workspace.snapshot.exists():
        return Past()
    models = [model.model_id for model in grid.models]
    protocols = {trial.protocol for trial in grid.trials}
    with held_open(workspace):
        finished = frozenset(job_id for (job_id,) in query(workspace, FINISHED).rows)
        rows = [
            row
            for protocol in protocols
            for row in query(workspace, TRIAL_EPOCHS, {"models": models, "protocol": protocol}).rows
        ]
        ((mean, deviation, runs),) = query(workspace, MODEL_EPOCHS, {"models": models}).rows
    return Past(
        finished,
        {(method, k): _epochs(*numbers) for method, k, *numbers in rows},
        _epochs(mean, deviation, runs) if runs else None,
    )


def _epochs(mean: float, deviation: float, runs: int) -> Epochs:
    return Epochs(mean, deviation / runs**0.5, runs)


def lacking_of(workspace: Workspace, grid: Grid, corpora: dict[str, Corpus], past: Past) -> Lacking:
    """What of a grid is neither finished nor there; `corpora` are those it needs, by name."""
    trials = tuple(trial for trial in grid.trials if trial.trial_id not in past.finished)
    wanted = {trial.model_id for trial in trials}
    models = tuple(
        model
        for model in grid.models
        if model.corpora
        and (
            model.model_id not in past.finished
            or (model.model_id in wanted and not (workspace.models / model.model_id / MODEL_RECORD).is_file())
        )
    )
    files = {name: _not_decoded(workspace, corpus) for name, corpus in corpora.items()}
    return Lacking({name: missing for name, missing in files.items() if missing}, models, trials)


def _not_decoded(workspace: Workspace, corpus: Corpus) -> tuple[Utterance, ...]:
    """The utterances whose file the audio cache of the corpus has never seen."""
    index = workspace.audio / corpus.name / INDEX_FILE
    known = set()
    if index.is_file():
        lines = index.read_bytes().split(b"\n")[:-1]
        known = {json.loads(line)["path"] for line in lines}
    return tuple(item for item in corpus.utterances if item.path not in known)
