"""The named ways of few-shot fine-tuning, and the recipe that each comes to for a number of shots."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from pft_tui.registry import ENCODER, WAYS
from pft_tui.settings.model import FinetuneSettings, Precision

Task = Literal["binary", "multiclass"]
OVERRIDABLE = (
    "task",
    "epochs",
    "patience",
    "learning_rate",
    "batch_size",
    "accumulation",
    "warmup",
    "crop_seconds",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one trial is trained: everything of a protocol that decides its result.

    `epochs` and `patience` count epochs; patience runs on validation macro F1. `warmup` is the share of
    all steps over which the learning rate rises, before it falls linearly to zero. `padding` is "none"
    (every utterance as it is alone) or "split" (zeros up to the longest utterance of its split, counted
    as speech). Lengths are in seconds. `adapt` is the way, one of the registry's `WAYS`.
    """

    task: Task = "binary"
    epochs: int = 200
    patience: int = 30
    learning_rate: float = 3e-5
    weight_decay: float = 0.0
    batch_size: int = 1
    accumulation: int = 4
    warmup: float = 0.1
    clip_norm: float = 1.0
    crop_seconds: float = 5.0
    padding: Literal["none", "split"] = "none"
    freeze_cnn: bool = False
    precision: Precision = "auto"
    adapt: str = ENCODER


def recipe(settings: FinetuneSettings, shots: int) -> Recipe:
    """What the settings' protocol, with the settings' own values over it, asks for at `shots` utterances.

    Optimiser and schedule are those of the authors' released code throughout, since their text does not
    name any; `released` differs in length above eight shots and in padding.
    """
    chosen = Recipe(precision=settings.precision)
    if settings.protocol == "released":
        chosen = replace(chosen, padding="split")
        if shots > 8:
            chosen = replace(chosen, epochs=50, patience=5)
    elif settings.protocol == "frozen-cnn":
        chosen = replace(chosen, freeze_cnn=True)
    elif settings.protocol in WAYS:
        values: dict[str, Any] = dict(WAYS[settings.protocol].recipe)
        chosen = replace(chosen, adapt=settings.protocol, **values)
    return replace(chosen, **overrides(settings))


def overrides(settings: FinetuneSettings) -> dict[str, Any]:
    """What the settings say over their protocol."""
    values = {name: getattr(settings, name) for name in OVERRIDABLE}
    return {name: value for name, value in values.items() if value is not None}


def label(settings: FinetuneSettings) -> str:
    """The protocol's name as stored with every trial: `paper`, or `paper(epochs=20,patience=8)`.

    A protocol with something set over it is another protocol: the two never share a table.
    """
    changed = {
        name: value
        for name, value in overrides(settings).items()
        if any(
            value != asdict(recipe(FinetuneSettings(protocol=settings.protocol), k))[name] for k in (2, 64)
        )
    }
    return settings.protocol + (f"({_listed(changed)})" if changed else "")


def _listed(values: dict[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(values.items()))
