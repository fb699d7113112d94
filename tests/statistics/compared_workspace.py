"""A workspace with a real snapshot: two corpora, four models and a baseline, some trials unfinished."""

from __future__ import annotations

from itertools import product

import numpy as np

from pft_tui.events import JobFailed, JobFinished, JobStarted, Spool, TrialResult
from pft_tui.paths import Workspace
from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec
from pft_tui.store.owner import Store

SETS = ((), ("iemocap",), ("mandarin_as",), ("iemocap", "mandarin_as"))
SPEAKERS = {"0001": "Mandarin", "0002": "Mandarin", "0011": "English", "0012": "English"}
FAILED_CELL = ("0011", "Sad", 8, 1)


def score(corpora, speaker, emotion, k, number):
    """The macro F1 of a trial, the same on every call."""
    seed = [len(corpora), "mandarin_as" in corpora, int(speaker), len(emotion), k, number]
    noise = np.random.default_rng(seed).normal(0, 0.03)
    return float(0.5 + k / 100 + 0.05 * len(corpora) + int(speaker) / 200 + noise)


def compared_workspace(folder, protocols=("paper",)):
    """Write it; the model of all corpora lacks FAILED_CELL and `constant` is always 0.33."""
    (folder / "pft.toml").write_text("")
    workspace = Workspace(folder)
    models = [_model(names) for names in SETS]
    names = {model.model_id: model.names for model in models} | {None: None}
    trials = [
        _trial(model_id, protocol, *cell)
        for protocol in protocols
        for model_id in names
        for cell in product(SPEAKERS, ("Angry", "Sad"), (2, 8), range(2))
    ]
    store = Store.open(workspace)
    store.enqueue([], models, trials, exclusive=False)
    with Spool(workspace.spool / "worker.jsonl") as spool:
        for trial in trials:
            spool.append(_reported(trial, names[trial.model_id]))
    while store.ingest().more:
        pass
    store.publish()
    store.close()
    return workspace


def _model(names):
    corpora = tuple(CorpusRef(name, "d1") for name in names)
    return ModelSpec(EncoderSpec("tiny", None, "f00d"), corpora, PrefinetuneSettings() if names else None, 0)


def _trial(model_id, protocol, speaker, emotion, k, number):
    method, recipe = ("finetune" if model_id else "constant"), Recipe(epochs=10 + len(protocol))
    corpus, language = CorpusRef("esd", "d2"), SPEAKERS[speaker]
    return TrialSpec(model_id, method, protocol, recipe, corpus, speaker, language, emotion, k, number, 0)


def _reported(trial, corpora):
    cell = (trial.speaker, trial.emotion, trial.k, trial.trial)
    started = JobStarted(trial.trial_id, "w1", 1, 1.0)
    if corpora == SETS[-1] and cell == FAILED_CELL:
        return [started, JobFailed(trial.trial_id, "out of memory", True, 2.0)]
    f1 = 0.33 if corpora is None else score(corpora, *cell)
    result = TrialResult(
        trial.trial_id, 10, 5, f1, f1 + 0.1, f1, f1, 1.5, "cpu", ["u1", "u2"], "e1", 1.0, 2.0
    )  # fmt: skip
    return [started, result, JobFinished(trial.trial_id, 2.0)]
