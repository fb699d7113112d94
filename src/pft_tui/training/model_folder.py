"""A pre-finetuned model on the disk: an encoder in Hugging Face format, its heads, and how it was trained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pft_tui.encoders.encoder import Encoder
from pft_tui.paths import CHECKPOINT, MODEL_RECORD
from pft_tui.training.checkpoint import damaged, discard_checkpoint, foreign
from pft_tui.training.heads import TaskHeads
from pft_tui.training.published import publish_json, publish_tensors


@dataclass(frozen=True, slots=True)
class PrefinetuneResult:
    """How a pre-finetuning ended: epochs trained, the best of them and its validation loss.

    The loss is scaled by ln n, so that 1 is chance. `seconds` is the time of all attempts together.
    """

    epochs: int
    best_epoch: int
    val_loss: float
    seconds: float


def is_complete(folder: Path) -> bool:
    """Whether a whole model lies in `folder`: its record is written last."""
    return (folder / MODEL_RECORD).is_file()


def read_result(folder: Path, run: str) -> PrefinetuneResult:
    """How the whole model in `folder` was trained. Raises CheckpointError where it is not of this `run`."""
    path = folder / MODEL_RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        trained, result = record["run"], PrefinetuneResult(**record["result"])
    except (OSError, ValueError, KeyError, TypeError):
        raise damaged(path) from None
    if trained != run:
        raise foreign(path)
    return result


def publish_model(
    folder: Path,
    encoder: Encoder,
    heads: TaskHeads,
    labels: Mapping[str, tuple[str, ...]],
    description: Mapping[str, object],
    result: PrefinetuneResult,
) -> None:
    """Write the model into `folder` and remove its checkpoint.

    The encoder lies there in Hugging Face format, the heads in `heads.safetensors`, the `labels` of each
    corpus in the order of its head's classes in `labels.json`; `training.json` holds the
    `description` and the `result` and comes last, so that a model is whole if it is there.
    """
    working = (folder / CHECKPOINT).parent
    working.mkdir(parents=True, exist_ok=True)
    staged = working / "encoder"
    encoder.save(staged)
    for file in sorted(staged.iterdir()):
        file.replace(folder / file.name)
    publish_tensors(folder / "heads.safetensors", heads.tensors(), {})
    publish_json(folder / "labels.json", labels)
    publish_json(folder / MODEL_RECORD, {**description, "result": asdict(result)})
    discard_checkpoint(folder)
