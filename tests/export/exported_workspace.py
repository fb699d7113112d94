"""A small workspace with something in every table, whose scores are easy to compute again."""

from itertools import combinations, product

from pft_tui.events import (
    EnvironmentSeen,
    JobFailed,
    JobFinished,
    JobStarted,
    Metrics,
    ModelResult,
    Spool,
    TrialResult,
)
from pft_tui.paths import Workspace
from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec
from pft_tui.store.owner import Store

CORPORA = ("iemocap", "msp_podcast")
SPEAKERS = {"0001": "Mandarin", "0011": "English", "0012": "English"}
EMOTIONS = ("angry", "sad")
SHOTS = (2, 8)
FAILED = (CORPORA, ("0012", "sad", 8, 1))


def score(corpora, speaker, emotion, k, trial):
    """A macro F1 that differs in every cell."""
    worth = sum(0.03 * (1 + CORPORA.index(name)) for name in corpora)
    return 0.4 + worth + int(speaker) / 200 + len(emotion) / 100 + k / 80 + trial / 50


def exported_workspace(folder, protocols=("paper",)):
    """Write it: every trial has finished but FAILED."""
    (folder / "pft.toml").write_text("")
    workspace = Workspace(folder)
    models = {
        chosen: ModelSpec(
            EncoderSpec("tiny", None, "f00d"),
            tuple(CorpusRef(name, "d") for name in chosen),
            PrefinetuneSettings() if chosen else None,
            0,
        )
        for size in range(len(CORPORA) + 1)
        for chosen in combinations(CORPORA, size)
    }
    trials, events = [], [EnvironmentSeen("e1", {"torch": "2.11"}, 1.0)]
    for chosen, model in models.items():
        if chosen:
            events += [
                Metrics(
                    model.model_id, [epoch], [epoch], {"loss": [1 / epoch], "val_loss": [1.5 / epoch]}, [1.0]
                )
                for epoch in (1, 2, 3)
            ]
            events.append(ModelResult(model.model_id, 3, 2, 0.75, 9.0, "cpu", "e1", 1.0, 9.0))
    for protocol, (chosen, model), *cell in product(
        protocols, models.items(), SPEAKERS, EMOTIONS, SHOTS, range(2)
    ):
        recipe, esd = Recipe(epochs=10 + len(protocol)), CorpusRef("esd", "d")
        speaker, emotion, k, number = cell
        trial = TrialSpec(
            model.model_id,
            "finetune",
            protocol,
            recipe,
            esd,
            speaker,
            SPEAKERS[speaker],
            emotion,
            k,
            number,
            0,
        )
        trials.append(trial)
        events += _reported(trial, chosen, tuple(cell))
    store = Store.open(workspace)
    store.enqueue([], list(models.values()), trials, exclusive=False)
    with Spool(workspace.spool / "worker.jsonl") as spool:
        spool.append(events)
    while store.ingest().lines:
        pass
    store.publish()
    store.close()
    return workspace


def _reported(trial, corpora, cell):
    started = JobStarted(trial.trial_id, "w1", 1, 1.0)
    if (corpora, cell) == FAILED:
        return [started, JobFailed(trial.trial_id, 'out of memory, "again"', True, 2.0)]
    f1 = score(corpora, *cell)
    examples = [f"{trial.speaker}_{number:06d}" for number in range(trial.k)]
    result = TrialResult(trial.trial_id, 9, 4, f1, f1 + 0.1, f1, f1, 1.5, "cpu", examples, "e1", 1.0, 2.25)
    return [started, result, JobFinished(trial.trial_id, 2.5)]
