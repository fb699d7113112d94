"""Few-shot fine-tuning: all trials of one model on one speaker, with everything kept on the device."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.specs import TrialSpec
from pft_tui.training.data import SpeakerData
from pft_tui.training.draws import seed_of
from pft_tui.training.head import new_head
from pft_tui.training.inputs import Batches, Inputs
from pft_tui.training.reproducible import deterministic_kernels, seeded
from pft_tui.training.trial import Problem, Report, TrialOutcome, cell_of, fit
from pft_tui.training.weights import FlatWeights


class Classifier(nn.Module):
    """An encoder and a linear head over the mean of its hidden states.

    With `from_features` it takes the output of the encoder's CNN in place of waveforms.
    """

    def __init__(self, encoder: Encoder, head: nn.Linear, *, from_features: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self._encode = encoder.contextualise if from_features else encoder

    def forward(self, inputs: Ragged) -> Tensor:
        """The logits (B, classes) of normalised waveforms (B, T), or of CNN features (B, F, C)."""
        logits: Tensor = self.head(self._encode(inputs).pooled())
        return logits


@dataclass(frozen=True, slots=True)
class _Bundle:
    """What trials share that prepare their inputs alike; all of it is on the device."""

    key: tuple[object, ...]
    classifier: Classifier
    weights: FlatWeights
    initial: Tensor
    evaluation: Batches
    test: Batches


class FewShotTrainer:
    """Runs few-shot trials from one encoder on one speaker.

    The encoder's weights and the evaluation and test inputs stay on the device from one trial to the next.
    Each trial starts from the encoder as it was handed over and from a fresh head, so that its outcome
    does not depend on the trials before it. The encoder must not be used elsewhere meanwhile.
    """

    def __init__(
        self, encoder: Encoder, data: SpeakerData, *, device: torch.device, deterministic: bool = False
    ) -> None:
        self._encoder = encoder.to(device)
        self._trainable = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
        self._data = data
        self._device = device
        self._deterministic = deterministic
        self._bundle: _Bundle | None = None

    @property
    def classifier(self) -> Classifier | None:
        """The last trial's encoder and head, in their best state; None before the first trial."""
        return self._bundle.classifier if self._bundle is not None else None

    def run(self, trial: TrialSpec, report: Report, should_stop: Callable[[], bool]) -> TrialOutcome | None:
        """Run one trial: its outcome, or None where `should_stop` said so, which is asked before each step.

        Raises SpecError where the speaker's splits do not allow the trial.
        """
        drawn, cell = self._data.draw(trial), cell_of(trial)
        with deterministic_kernels(self._deterministic):
            bundle = self._bundle = self._bundle_for(trial)
            started = time.perf_counter()
            problem = self._problem(trial, drawn, bundle)
            bundle.weights.restore(bundle.initial)
            head = bundle.classifier.head
            fresh = new_head(head.in_features, head.out_features, seed_of("head", *cell))
            head.load_state_dict(fresh.state_dict())
            with seeded(seed_of("dropout", *cell), self._device):
                fitted = fit(
                    bundle.classifier, bundle.weights, problem, trial.recipe, cell, report, should_stop
                )
        if fitted is None:
            return None
        return fitted.outcome(self._data.ids(drawn), time.perf_counter() - started)

    def _problem(self, trial: TrialSpec, drawn: Sequence[int], bundle: _Bundle) -> Problem[Ragged]:
        data = self._data
        inputs = Inputs(self._encoder, trial.recipe, self._device)
        train, evaluation, test = (
            torch.tensor(data.targets(split, trial.emotion), device=self._device)
            for split in (data.train, data.evaluation, data.test)
        )
        return Problem(
            classes=len(data.classes(trial.emotion)),
            examples=inputs.picker([data.train.audio[index] for index in drawn]),
            labels=train[drawn],
            evaluation=[(batch, evaluation[indices]) for indices, batch in bundle.evaluation],
            test=[(batch, test[indices]) for indices, batch in bundle.test],
        )

    def _bundle_for(self, trial: TrialSpec) -> _Bundle:
        """What this trial shares with the one before it, made anew where it shares nothing."""
        recipe, classes = trial.recipe, len(self._data.classes(trial.emotion))
        key = (classes, recipe.freeze_cnn, recipe.crop_seconds, recipe.padding, recipe.precision)
        if self._bundle is not None:
            if self._bundle.key == key:
                return self._bundle
            self._bundle.weights.restore(self._bundle.initial)
        for parameter in self._trainable:
            parameter.requires_grad_(True)
        if recipe.freeze_cnn:
            self._encoder.freeze_cnn()
        head = new_head(self._encoder.hidden_size, classes, seed=0).to(self._device)
        classifier = Classifier(self._encoder, head, from_features=recipe.freeze_cnn)
        weights = FlatWeights(classifier)
        inputs = Inputs(self._encoder, recipe, self._device)
        return _Bundle(
            key,
            classifier,
            weights,
            weights.copy(),
            inputs.batches(self._data.evaluation.audio),
            inputs.batches(self._data.test.audio),
        )
