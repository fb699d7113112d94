"""The ComParE 2016 baseline: utterance-level acoustic functionals and a dense network."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pft_tui.errors import SpecError
from pft_tui.specs import TrialSpec
from pft_tui.training.data import FULL_SCALE, RATE, Audio, SpeakerData, Split
from pft_tui.training.draws import seed_of
from pft_tui.training.reproducible import deterministic_kernels, seeded
from pft_tui.training.trial import Problem, Report, TrialOutcome, cell_of, fit
from pft_tui.training.weights import FlatWeights

Vector = npt.NDArray[np.float64]

FEATURES = 6373
"""Functionals of the set."""
HIDDEN = (256, 64)
"""Units of the hidden layers."""
LEARNING_RATE = 1e-3
"""Peak rate, in place of the recipe's, which is made for an encoder that has learned already."""
SHORTEST = RATE // 10
"""Samples below which openSMILE finds no frame for some functionals; zeros fill an utterance up to it."""
FARTHEST = 5.0
"""Standard deviations beyond which a feature is clipped: two examples say little about its spread."""


class Compare2016Baseline:
    """Trains a dense network on the ComParE 2016 functionals of the drawn utterances.

    The 6,373 functionals (Weninger et al. 2013; Schuller et al. 2016) of an utterance are computed by
    openSMILE, once for all trials of the speaker. The network has hidden layers of 256 and 64 units with
    ReLU between them; epochs, patience, batches and schedule are the recipe's. Raises SpecError where
    openSMILE is not installed.
    """

    def __init__(self, data: SpeakerData, *, device: torch.device, deterministic: bool = False) -> None:
        self._data = data
        self._device = device
        self._deterministic = deterministic
        self._extract = _opensmile()
        self._functionals: dict[tuple[str, float], Vector] = {}

    def run(self, trial: TrialSpec, report: Report, should_stop: Callable[[], bool]) -> TrialOutcome | None:
        """Run one trial: its outcome, or None where `should_stop` said so, which is asked before each step.

        Raises SpecError where the speaker's splits do not allow the trial.
        """
        drawn, cell = self._data.draw(trial), cell_of(trial)
        problem = self._problem(trial, drawn)
        started = time.perf_counter()
        recipe = replace(trial.recipe, learning_rate=LEARNING_RATE, precision="fp32")
        with seeded(seed_of("network", *cell), torch.device("cpu")):
            network = dense_network(problem.classes).to(self._device)
        with deterministic_kernels(self._deterministic):
            fitted = fit(network, FlatWeights(network), problem, recipe, cell, report, should_stop)
        if fitted is None:
            return None
        return fitted.outcome(self._data.ids(drawn), time.perf_counter() - started)

    def _problem(self, trial: TrialSpec, drawn: Sequence[int]) -> Problem[Tensor]:
        data, crop = self._data, trial.recipe.crop_seconds
        scale = Standardiser(self._matrix(data.train, drawn, crop))

        def batch(split: Split, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
            features = torch.from_numpy(scale(self._matrix(split, indices, crop)))
            targets = data.targets(split, trial.emotion)
            labels = torch.tensor([targets[index] for index in indices])
            return features.to(self._device), labels.to(self._device)

        features, labels = batch(data.train, drawn)
        return Problem(
            classes=len(data.classes(trial.emotion)),
            examples=lambda indices: [(indices, features[list(indices)])],
            labels=labels,
            evaluation=[batch(data.evaluation, range(len(data.evaluation.ids)))],
            test=[batch(data.test, range(len(data.test.ids)))],
        )

    def _matrix(self, split: Split, indices: Sequence[int], crop_seconds: float) -> Vector:
        """The functionals of some utterances, (N, 6373); each utterance is looked at once."""
        for index in indices:
            key = (split.ids[index], crop_seconds)
            if key not in self._functionals:
                self._functionals[key] = functionals(self._extract, split.audio[index], crop_seconds)
        return np.stack([self._functionals[split.ids[index], crop_seconds] for index in indices])


class Standardiser:
    """Brings features to zero mean and unit variance over the examples (k, D), clipped at 5 deviations.

    A feature that is the same in all examples is only centred, as its spread is not known.
    """

    def __init__(self, examples: Vector) -> None:
        self._mean = examples.mean(axis=0)
        spread = examples.std(axis=0)
        known = spread > 1e-9 * np.abs(examples).max(axis=0)
        self._spread = np.where(known, spread, 1.0)

    def __call__(self, features: Vector) -> npt.NDArray[np.float32]:
        """The standardised features, of the shape of `features` (N, D)."""
        standard = ((features - self._mean) / self._spread).clip(-FARTHEST, FARTHEST)
        return np.asarray(standard, dtype=np.float32)


def dense_network(classes: int) -> nn.Sequential:
    """The network from functionals (B, 6373) to logits (B, classes), its weights from torch's generator."""
    widths = (FEATURES, *HIDDEN)
    layers: list[nn.Module] = []
    for inputs, outputs in zip(widths, HIDDEN, strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(HIDDEN[-1], classes))


def functionals(
    extract: Callable[[npt.NDArray[np.float32], int], npt.NDArray[np.float32]],
    samples: Audio,
    crop_seconds: float,
) -> Vector:
    """The functionals of the first `crop_seconds` of an utterance, (6373,); 0 for one that has no value."""
    cropped = samples[: round(crop_seconds * RATE)].astype(np.float32)
    if samples.dtype == np.int16:
        cropped /= FULL_SCALE
    padded = np.pad(cropped, (0, max(0, SHORTEST - len(cropped))))
    return np.nan_to_num(extract(padded, RATE).reshape(FEATURES).astype(np.float64), posinf=0.0, neginf=0.0)


def _opensmile() -> Callable[[npt.NDArray[np.float32], int], npt.NDArray[np.float32]]:
    try:
        import opensmile
    except ImportError:
        raise SpecError(
            "the baseline compare2016 needs openSMILE",
            hint="pip install 'pft-tui[compare]', or take it out of grid.baselines",
        ) from None
    extract: Callable[[npt.NDArray[np.float32], int], npt.NDArray[np.float32]] = opensmile.Smile(
        feature_set=opensmile.FeatureSet.ComParE_2016,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    return extract
