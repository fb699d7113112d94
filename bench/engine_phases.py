"""Where a trial's time goes, and what the paper's whole grid would take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from accelerate.optimizer import AcceleratedOptimizer
from engine_data import Sizes
from transformers import Trainer

from pft_tui.training import trial
from pft_tui.training.weights import Optimiser

TRAINING, EVALUATION, CHECKPOINTS, REST = "training", "evaluation", "checkpoints", "rest"
PHASES = (TRAINING, EVALUATION, CHECKPOINTS, REST)
PLACES: tuple[tuple[Any, str, str], ...] = (
    (Trainer, "training_step", TRAINING),
    (AcceleratedOptimizer, "step", TRAINING),
    (Trainer, "evaluate", EVALUATION),
    (Trainer, "predict", EVALUATION),
    (Trainer, "_save_checkpoint", CHECKPOINTS),
    (trial, "_step", TRAINING),
    (trial, "_evaluate", EVALUATION),
    (Optimiser, "step", TRAINING),
)
"""Functions of the ways that are measured, and the phase that each is; they do not call each other."""
SHOTS = (2, 4, 8, 16, 24, 32, 64)
TRIALS = 33_600
EVALUATED, TESTED = 100, 150
"""Utterances that a real trial is validated and tested on."""


def phases(run: Callable[[], int], *, wait: bool) -> tuple[int, dict[str, float]]:
    """What `run` gives, and the seconds that each of its phases takes.

    A GPU is asked to do things ahead of its time: its phases are those of a run in which the host is
    told to `wait` for it after each call.
    """
    spent = dict.fromkeys((TRAINING, EVALUATION, CHECKPOINTS), 0.0)
    with _watched(spent, wait=wait):
        began = time.perf_counter()
        result = run()
        whole = time.perf_counter() - began
    return result, {**spent, REST: whole - sum(spent.values())}


@contextmanager
def _watched(spent: dict[str, float], *, wait: bool) -> Iterator[None]:
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in PLACES]
    for (owner, name, phase), (_, _, function) in zip(PLACES, originals, strict=True):
        setattr(owner, name, _timed(function, phase, spent, wait=wait))
    try:
        yield
    finally:
        for owner, name, function in originals:
            setattr(owner, name, function)


def _timed(
    function: Callable[..., Any], phase: str, spent: dict[str, float], *, wait: bool
) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
        began = time.perf_counter()
        result = function(*arguments, **named)
        if wait:
            torch.cuda.synchronize()
        spent[phase] += time.perf_counter() - began
        return result

    return call


@dataclass(frozen=True, slots=True)
class Costs:
    """What a trial's seconds depend on: utterances trained on and evaluated, epochs, and the trial itself."""

    trained: float
    evaluated: float
    epoch: float
    trial: float

    @classmethod
    def of(cls, spent: dict[str, float], *, k: int, epochs: int, sizes: Sizes) -> Costs:
        """The costs that explain the phases of one trial."""
        return cls(
            trained=spent[TRAINING] / (epochs * k),
            evaluated=spent[EVALUATION] / (epochs * sizes.evaluation + sizes.test),
            epoch=spent[CHECKPOINTS] / epochs,
            trial=spent[REST],
        )

    def scaled(self, factor: float) -> Costs:
        """The costs of trials that take `factor` times as long."""
        return Costs(*(factor * cost for cost in (self.trained, self.evaluated, self.epoch, self.trial)))

    def hours(self, epochs: int) -> float:
        """Of all the paper's trials, at so many epochs each, on utterances as long as those measured."""
        each = [
            self.trial
            + epochs * (k * self.trained + EVALUATED * self.evaluated + self.epoch)
            + TESTED * self.evaluated
            for k in SHOTS
        ]
        return TRIALS * sum(each) / len(each) / 3600
