"""Workspaces with a real snapshot: specs queued, results spooled, ingested and published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

from pft_tui.events import JobFinished, JobStarted, Spool, TrialResult
from pft_tui.paths import SETTINGS_FILE, Workspace
from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec
from pft_tui.store.owner import Store

CORPORA = ("iemocap", "mandarin_as", "msp_podcast")
SPEAKERS = (("0011", "English"), ("0001", "Mandarin"))
EMOTIONS = ("Angry", "Sad")
SHOTS = (2, 8)
WORTH = {"iemocap": -0.05, "mandarin_as": 0.02, "msp_podcast": 0.1}

Score = Callable[[tuple[str, ...], TrialSpec], float | None]


def score(corpora: tuple[str, ...], trial: TrialSpec) -> float:
    """A macro F1 that differs in every cell, and rises with the worth of the corpora."""
    cell = EMOTIONS.index(trial.emotion) + 2 * int(trial.speaker == "0001") + trial.trial
    return 0.4 + trial.k / 40 + cell / 100 + sum(WORTH[corpus] for corpus in corpora) * 8 / (6 + trial.k)


def workspace_with(
    folder: Path,
    scored: Score = score,
    *,
    protocols: Sequence[str] = ("paper",),
    encoder: str = "tiny",
    emotions: Sequence[str] = EMOTIONS,
) -> Workspace:
    """A workspace in which each trial of a small grid has finished that `scored` gives a score for."""
    (folder / SETTINGS_FILE).write_text("")
    workspace = Workspace(folder)
    models = [
        ModelSpec(
            EncoderSpec(encoder, None, "f00d"),
            tuple(CorpusRef(name, "d1") for name in chosen),
            PrefinetuneSettings() if chosen else None,
            seed=0,
        )
        for count in range(len(CORPORA) + 1)
        for chosen in combinations(CORPORA, count)
    ]
    trials = [
        TrialSpec(
            model.model_id, "finetune", protocol, Recipe(epochs=10 + protocols.index(protocol)),
            CorpusRef("esd", "d2"), speaker, language, emotion, k, trial, 0,
        )
        for protocol in protocols
        for model in models
        for speaker, language in SPEAKERS
        for emotion in emotions
        for k in SHOTS
        for trial in range(2)
    ]  # fmt: skip
    names = {model.model_id: model.names for model in models}
    store = Store.open(workspace)
    store.enqueue([], models, trials, exclusive=False)
    with Spool(workspace.spool / "worker.jsonl") as spool:
        for trial in trials:
            macro_f1 = scored(names[trial.model_id or ""], trial)
            if macro_f1 is not None:
                spool.append(_events(trial, macro_f1))
    while store.ingest().more:
        pass
    store.publish()
    store.close()
    return workspace


def _events(trial: TrialSpec, macro_f1: float) -> list[JobStarted | TrialResult | JobFinished]:
    result = TrialResult(
        trial.trial_id,
        10,
        5,
        macro_f1,
        macro_f1,
        macro_f1,
        macro_f1,
        1.5,
        "cpu",
        ["u1", "u2"],
        "e1",
        1.0,
        2.0,
    )
    return [JobStarted(trial.trial_id, "w1", 1, 1.0), result, JobFinished(trial.trial_id, 2.0)]
