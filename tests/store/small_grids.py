"""Small grids and what workers would report of them, for the tests of the store."""

from itertools import combinations, count

from pft_tui.events import (
    JobFailed,
    JobFinished,
    JobStarted,
    ModelResult,
    Spool,
    TrialResult,
)
from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec

NOON = 1_700_000_000.0
ENCODER = EncoderSpec("random:tiny", None, "0" * 16)
ESD = CorpusRef("esd", "digest-esd")
_numbers = count()


def corpus(name, digest=None):
    return CorpusRef(name, digest or f"digest-{name}")


def model(*names, encoder=ENCODER, seed=0, **settings):
    chosen = PrefinetuneSettings(**settings) if names else None
    return ModelSpec(encoder, tuple(corpus(name) for name in names), chosen, seed)


def power_set(names, **options):
    return [
        model(*chosen, **options) for size in range(len(names) + 1) for chosen in combinations(names, size)
    ]


def trial(of, speaker="0001", emotion="happy", k=2, number=0, **changes):
    values = {
        "model_id": of.model_id if of else None,
        "method": "finetune" if of else "constant",
        "protocol": "paper",
        "recipe": Recipe(),
        "downstream": ESD,
        "speaker": speaker,
        "language": "English",
        "emotion": emotion,
        "k": k,
        "trial": number,
        "seed": 0,
    }
    return TrialSpec(**(values | changes))


def started(job_id, worker="w1", attempt=1):
    return JobStarted(job_id, worker, attempt, NOON)


def failed(job_id, error="it broke", *, final=False):
    return JobFailed(job_id, error, final, NOON + 1)


def result(of, f1, **changes):
    values = {
        "trial_id": of.trial_id,
        "epochs": 30,
        "best_epoch": 12,
        "val_macro_f1": 0.5,
        "accuracy": 0.6,
        "macro_f1": f1,
        "weighted_f1": 0.7,
        "seconds": 12.5,
        "device": "cpu",
        "examples": ["0001_000001", "0001_000351"],
        "environment_id": "e" * 16,
        "started_at": NOON,
        "at": NOON + 12.5,
    }
    return TrialResult(**(values | changes))


def ran(of, f1):
    """All that a worker reports of a trial that goes well."""
    return [started(of.trial_id), result(of, f1), JobFinished(of.trial_id, NOON + 13)]


def pretrained(of):
    """All that a worker reports of a pre-finetuning that goes well."""
    outcome = ModelResult(of.model_id, 9, 6, 0.4, 77.0, "cpu", "e" * 16, NOON, NOON + 77)
    return [started(of.model_id), outcome, JobFinished(of.model_id, NOON + 78)]


def report(workspace, events, name=None):
    """Append events to a spool file of their own."""
    path = workspace.spool / f"{name or f'worker-{next(_numbers)}'}.jsonl"
    with Spool(path) as spool:
        spool.append(events)
    return path


def rows_of(store, sql):
    """What the owner's own database answers; the snapshot answers others."""
    return store._connection.execute(sql).fetchall()
