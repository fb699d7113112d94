"""The state of a pre-finetuning after a whole epoch, in one file that is never half-written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from pft_tui.errors import CheckpointError
from pft_tui.paths import CHECKPOINT
from pft_tui.training.published import checksum, publish_tensors

TENSORS = ("weights", "best", "exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pre-finetuning is: whole epochs, the optimiser's steps, and its best epoch so far.

    `run` identifies what is trained, on what and how; `seconds` is the time spent on it, in all attempts.
    """

    run: str
    epoch: int = 0
    steps: int = 0
    best_epoch: int = 0
    best_loss: float | None = None
    seconds: float = 0.0


def save_checkpoint(folder: Path, progress: Progress, tensors: Mapping[str, Tensor]) -> None:
    """Write the checkpoint of the model in `folder`, in place of the one before.

    `tensors` are the trained weights now and at their best and AdamW's two moments, (N,) each, and its
    count of steps, (). No generator's state is among them, as every epoch has a seed of its own. Raises
    CheckpointError where the disk does not take it.
    """
    path = folder / CHECKPOINT
    path.parent.mkdir(parents=True, exist_ok=True)
    host = {name: tensors[name].detach().cpu() for name in TENSORS}
    notes = {"progress": json.dumps(asdict(progress)), "checksums": json.dumps(_checksums(host))}
    publish_tensors(path, host, notes)


def load_checkpoint(folder: Path, run: str) -> tuple[Progress, dict[str, Tensor]] | None:
    """The checkpoint of the model in `folder`, its tensors on the CPU; None where there is none.

    Raises CheckpointError where it is damaged, or is not of this `run`.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    with _damage_reported(path), safe_open(path, framework="pt") as file:
        progress, checksums = _notes(file.metadata())
        tensors = {name: file.get_tensor(name) for name in TENSORS}
        if _checksums(tensors) != checksums:
            raise ValueError("the tensors are not those that were written")
    if progress.run != run:
        raise foreign(path)
    return progress, tensors


def discard_checkpoint(folder: Path) -> None:
    """Remove the checkpoint of the model in `folder`, and whatever else a death left beside it."""
    shutil.rmtree((folder / CHECKPOINT).parent, ignore_errors=True)


def damaged(path: Path) -> CheckpointError:
    """The error for a file of a model's folder that cannot be made sense of."""
    return CheckpointError(
        f"{path} is damaged", hint="delete its folder to train the model from the beginning"
    )


def foreign(path: Path) -> CheckpointError:
    """The error for a file of another model than the one that is asked for."""
    return CheckpointError(
        f"{path} is of another encoder, other corpora or other settings",
        hint="delete its folder to train the model from the beginning",
    )


@contextmanager
def _damage_reported(path: Path) -> Iterator[None]:
    try:
        yield
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        raise damaged(path) from None


def _notes(metadata: Mapping[str, str] | None) -> tuple[Progress, dict[str, int]]:
    notes = metadata or {}
    return Progress(**json.loads(notes["progress"])), json.loads(notes["checksums"])


def _checksums(tensors: Mapping[str, Tensor]) -> dict[str, int]:
    return {name: checksum(tensor) for name, tensor in tensors.items()}
