"""Few-shot fine-tuning: all trials of one model on one speaker, with everything kept on the device."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from pft_tui.encoders.encoder import Encoder
from pft_tui.protocols import Recipe
from pft_tui.specs import TrialSpec
from pft_tui.training.adaptation import AnyAdapted, Headed, Start, adapted
from pft_tui.training.arithmetic import settled
from pft_tui.training.data import SpeakerData
from pft_tui.training.draws import seed_of
from pft_tui.training.frozen import Kept
from pft_tui.training.head import new_head
from pft_tui.training.memory import Lengths, Memory, memory_of
from pft_tui.training.reproducible import deterministic_kernels, seeded
from pft_tui.training.trial import Problem, Report, TrialOutcome, cell_of, fit
from pft_tui.training.weights import FlatWeights


@dataclass(frozen=True, slots=True)
class _Bundle:
    """What trials share that prepare their inputs alike; all of it is on the device."""

    key: tuple[object, ...]
    adapted: AnyAdapted
    weights: FlatWeights
    initial: Tensor


class FewShotTrainer:
    """Runs few-shot trials from one encoder on one speaker.

    The encoder's weights and the evaluation and test inputs stay on the device from one trial to the next.
    Each trial starts from the encoder as it was handed over and from a fresh head, so that its outcome
    does not depend on the trials before it. The encoder must not be used elsewhere meanwhile. What its
    frozen parts give is taken from `kept` where it is there, which changes no bit of an outcome.
    """

    def __init__(
        self,
        encoder: Encoder,
        data: SpeakerData,
        *,
        device: torch.device,
        deterministic: bool = False,
        kept: Kept | None = None,
    ) -> None:
        self._encoder = encoder.to(device)
        self._trainable = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
        self._data = data
        self._device = device
        self._deterministic = deterministic
        self._kept = kept
        self._bundle: _Bundle | None = None

    @property
    def classifier(self) -> Headed | None:
        """The last trial's model with its head, in its best state; None before the first trial."""
        return self._bundle.adapted.model if self._bundle is not None else None

    def memory(self, trials: Sequence[TrialSpec]) -> Memory:
        """What the most demanding of the trials needs on the device, the encoder's weights counted."""
        most: dict[Recipe, int] = {}
        for trial in map(self._settled, trials):
            most[trial.recipe] = max(trial.k, most.get(trial.recipe, 0))
        found = [
            memory_of(self._encoder, recipe, k, Lengths.of(self._data, recipe), self._device)
            for recipe, k in most.items()
        ]
        return max(found, key=lambda memory: memory.total)

    def run(self, trial: TrialSpec, report: Report, should_stop: Callable[[], bool]) -> TrialOutcome | None:
        """Run one trial: its outcome, or None where `should_stop` said so, which is asked before each step.

        Raises SpecError where the speaker's splits do not allow the trial.
        """
        trial = self._settled(trial)
        drawn, cell = self._data.draw(trial), cell_of(trial)
        with deterministic_kernels(self._deterministic):
            bundle = self._bundle = self._bundle_for(trial)
            started = time.perf_counter()
            problem = self._problem(trial, drawn, bundle.adapted)
            model = self._fresh(bundle, cell)
            with seeded(seed_of("dropout", *cell), self._device):
                fitted = fit(model, bundle.weights, problem, trial.recipe, cell, report, should_stop)
        if fitted is None:
            return None
        return fitted.outcome(self._data.ids(drawn), time.perf_counter() - started)

    def _settled(self, trial: TrialSpec) -> TrialSpec:
        """The same trial in the arithmetic that its precision comes to here."""
        precision = settled(trial.recipe.precision, self._device, self._encoder.hidden_size)
        return replace(trial, recipe=replace(trial.recipe, precision=precision))

    def _fresh(self, bundle: _Bundle, cell: Sequence[object]) -> Headed:
        """The bundle's model as a trial starts from it."""
        bundle.weights.restore(bundle.initial)
        model = bundle.adapted.model
        fresh = new_head(model.head.in_features, model.head.out_features, seed_of("head", *cell))
        model.head.load_state_dict(fresh.state_dict())
        with seeded(seed_of("renewed", *cell), self._device):
            bundle.adapted.renew()
        return model

    def _problem(self, trial: TrialSpec, drawn: Sequence[int], ready: AnyAdapted) -> Problem[Any]:
        data = self._data
        train, evaluation, test = (
            torch.tensor(data.targets(split, trial.emotion), device=self._device)
            for split in (data.train, data.evaluation, data.test)
        )
        return Problem(
            classes=len(data.classes(trial.emotion)),
            examples=ready.picker(drawn),
            labels=train[drawn],
            evaluation=[(batch, evaluation[indices]) for indices, batch in ready.evaluation],
            test=[(batch, test[indices]) for indices, batch in ready.test],
        )

    def _bundle_for(self, trial: TrialSpec) -> _Bundle:
        """What this trial shares with the one before it, made anew where it shares nothing."""
        recipe, classes = trial.recipe, len(self._data.classes(trial.emotion))
        prepared = (recipe.crop_seconds, recipe.padding, recipe.precision)
        key = (classes, recipe.adapt, recipe.freeze_cnn, *prepared)
        if self._bundle is not None:
            if self._bundle.key == key:
                return self._bundle
            self._bundle.weights.restore(self._bundle.initial)
        for parameter in self._trainable:
            parameter.requires_grad_(True)
        self._bundle = None
        ready = adapted(Start(self._encoder, self._data, recipe, classes, self._device, self._kept))
        weights = FlatWeights(ready.model)
        return _Bundle(key, ready, weights, weights.copy())
