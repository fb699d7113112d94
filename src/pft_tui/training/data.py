"""Audio and labels as they come in, and as batches that an encoder takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from pft_tui.encoders.ragged import Ragged
from pft_tui.errors import AudioError, SpecError
from pft_tui.specs import ALL_EMOTIONS, TrialSpec
from pft_tui.training.draws import draw_examples

Audio = npt.NDArray[np.int16] | npt.NDArray[np.float32]

RATE = 16_000
"""Samples a second."""
WIDTH_STEP = RATE // 10
"""Batches of waveforms are padded to a multiple of so many samples. A library of kernels prepares itself
for every new shape of its input, which may cost more than the computation; so few shapes are better."""
FEW_SHAPES = 5 * WIDTH_STEP
"""The same for groups of training utterances on a CPU, of which there are ever new ones: in a small encoder's
training, preparing kernels costs more than so much padding."""
FULL_SCALE = 32_768.0
"""The int16 sample that stands for 1.0."""
REST = "rest"
"""The class of whatever is not the emotion."""
BATCH_SECONDS = {"cpu": 32.0, "cuda": 160.0}
"""Padded audio in one forward pass: bounded memory, and large for a GPU."""
PASS_SECONDS = {"cpu": 2.0, "cuda": math.inf}
"""A pass beyond one costs about as much as so much audio. A GPU is never full, and takes as few as it can."""
LARGE_WEIGHTS = 5_000_000
"""From this size on an encoder loses by batches on a CPU: an utterance alone is nearer to fitting the cache,
and what a pass costs beside its arithmetic is nothing to it."""


@dataclass(frozen=True, slots=True)
class Split:
    """Some utterances: their ids, mono audio at 16 kHz (int16, or float within ±1) and labels.

    The audio may be a sequence of memory-mapped arrays; it is read when it is needed.
    """

    ids: tuple[str, ...]
    audio: Sequence[Audio]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.audio) == len(self.labels):
            raise SpecError(
                f"a split of {len(self.ids)} ids, {len(self.audio)} waveforms, {len(self.labels)} labels"
            )
        for utterance_id, samples in zip(self.ids, self.audio, strict=True):
            require_samples(utterance_id, samples)


@dataclass(frozen=True, slots=True)
class SpeakerData:
    """What the few-shot trials of one speaker draw from, are stopped by and are measured on."""

    train: Split
    evaluation: Split
    test: Split

    def __post_init__(self) -> None:
        for name in ("train", "evaluation", "test"):
            if not getattr(self, name).ids:
                raise SpecError(
                    f"a speaker without utterances in the {name} split",
                    hint="leave the speaker out with grid.speakers, or choose another split",
                )

    def draw(self, trial: TrialSpec) -> list[int]:
        """The indices of the training utterances that a trial draws. Raises SpecError as `draw_examples`."""
        index = {utterance_id: number for number, utterance_id in enumerate(self.train.ids)}
        drawn = draw_examples(
            list(zip(self.train.ids, self.train.labels, strict=True)),
            speaker=trial.speaker,
            emotion=trial.emotion,
            k=trial.k,
            trial=trial.trial,
            seed=trial.seed,
        )
        return [index[utterance_id] for utterance_id in drawn]

    def ids(self, drawn: Sequence[int]) -> tuple[str, ...]:
        """The ids of drawn training utterances."""
        return tuple(self.train.ids[index] for index in drawn)

    def classes(self, emotion: str) -> tuple[str, ...]:
        """The classes of a trial: the rest and the emotion, or all labels of the training split, sorted."""
        return tuple(sorted(set(self.train.labels))) if emotion == ALL_EMOTIONS else (REST, emotion)

    def targets(self, split: Split, emotion: str) -> list[int]:
        """The class index of each utterance of `split`; of two classes, 1 is the emotion.

        Raises SpecError for a split without utterances or with a label that the training split lacks.
        """
        if not split.ids:
            raise SpecError(
                "a split without utterances",
                hint="train, evaluation and test each need some of every speaker",
            )
        if emotion != ALL_EMOTIONS:
            return [int(label == emotion) for label in split.labels]
        index = {label: number for number, label in enumerate(self.classes(emotion))}
        unknown = set(split.labels) - set(index)
        if unknown:
            raise SpecError(
                f"no training utterance is labelled {min(unknown)}, but others are",
                hint="leave the label out with the corpus's `keep`, or choose another split",
            )
        return [index[label] for label in split.labels]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Utterances of one split: mono audio at 16 kHz (int16, or float within ±1) and class indices."""

    audio: Sequence[Audio]
    targets: Sequence[int]


@dataclass(frozen=True, slots=True)
class TaskData:
    """One corpus to pre-finetune on; `labels` names its classes in the order of their indices."""

    name: str
    labels: tuple[str, ...]
    train: Labelled
    evaluation: Labelled

    def __post_init__(self) -> None:
        if len(self.labels) < 2:
            raise SpecError(
                f"corpus {self.name} has {len(self.labels)} labels; a task needs two or more",
                hint="leave the corpus out of grid.prefinetune_on, or widen its `keep`",
            )
        for split, data in (("train", self.train), ("evaluation", self.evaluation)):
            if not len(data.audio):
                raise SpecError(
                    f"corpus {self.name} has no utterances in its {split} split",
                    hint="leave the corpus out of grid.prefinetune_on, or change its split",
                )
            if len(data.audio) != len(data.targets) or not set(data.targets) <= set(range(len(self.labels))):
                raise SpecError(f"corpus {self.name}: the targets of its {split} split do not fit it")
            for number, samples in enumerate(data.audio):
                require_samples(f"{number} of {self.name}'s {split} split", samples)


def require_samples(name: str, samples: Audio) -> None:
    """Raise AudioError, with the utterance's name, where `samples` is not one channel of audio."""
    if samples.ndim != 1 or not len(samples):
        raise AudioError(
            f"utterance {name} is of shape {samples.shape}",
            hint="give one channel of samples, and leave out empty files",
        )


def waveforms(
    audio: Sequence[Audio],
    *,
    crop_seconds: float,
    device: torch.device,
    padding: Literal["none", "split"] = "none",
) -> Ragged:
    """The first `crop_seconds` of each utterance, (B, T) float32 within ±1, on `device`.

    With padding "split" T is the longest utterance, and the zeros after the others count as part of them.
    """
    cropped = [samples[: round(crop_seconds * RATE)] for samples in audio]
    lengths = [len(samples) for samples in cropped]
    width = max(lengths) if padding == "split" else _rounded_up(max(lengths), WIDTH_STEP)
    padded = np.zeros((len(cropped), width), dtype=np.float32)
    for row, samples in zip(padded, cropped, strict=True):
        row[: len(samples)] = samples
        if samples.dtype == np.int16:
            row /= FULL_SCALE
    values = torch.from_numpy(padded).to(device)
    return Ragged.of(values, lengths) if padding == "none" else Ragged.full(values)


def rows(whole: Ragged, indices: Sequence[int], width_step: int) -> Ragged:
    """The utterances at `indices` of a batch, cut to a width that many groups of them share.

    The width is the length of the longest, rounded up to a multiple of `width_step`.
    """
    lengths = host_lengths(whole)
    known = [lengths[index] for index in indices]
    at = torch.tensor(indices).to(whole.values.device, non_blocking=True)
    return Ragged.of(whole.values[at, : _rounded_up(max(known), width_step)], known)


def host_lengths(batch: Ragged) -> tuple[int, ...]:
    """The lengths of a batch's utterances, read from the device only where they are not known."""
    return tuple(batch.lengths.tolist()) if batch.known is None else batch.known


def _rounded_up(length: int, step: int) -> int:
    return -(-length // step) * step


@dataclass(frozen=True, slots=True)
class Passes:
    """How an encoder takes utterances on a device, in samples.

    A forward pass holds `most` of padded audio, or one utterance, and costs as much as `each` beside its
    audio. The widths of what is evaluated are multiples of `step`, of what is trained on of `training_step`.
    """

    most: float
    each: float
    step: int
    training_step: int

    @classmethod
    def of(cls, encoder: nn.Module, device: torch.device) -> Passes:
        """What is fastest."""
        if device.type != "cpu":
            most, each = BATCH_SECONDS[device.type] * RATE, PASS_SECONDS[device.type] * RATE
            return cls(most, each, WIDTH_STEP, WIDTH_STEP)
        if sum(parameter.numel() for parameter in encoder.parameters()) >= LARGE_WEIGHTS:
            return cls(0.0, 0.0, 1, WIDTH_STEP)  # without padding the model needs no masks either
        return cls(BATCH_SECONDS["cpu"] * RATE, PASS_SECONDS["cpu"] * RATE, WIDTH_STEP, FEW_SHAPES)


def by_length(lengths: Sequence[int], passes: Passes) -> list[list[int]]:
    """The cheapest batches of indices: utterances of similar length together, `passes.most` at most.

    `lengths` are in samples. A batch costs its padded audio and one pass. Every index comes in exactly one
    batch, and no batch is empty; an utterance longer than a whole batch has one to itself.
    """
    most, one_pass = passes.most, passes.each
    order = sorted(range(len(lengths)), key=lambda index: (lengths[index], index))
    costs, starts = [0.0], [0]  # of the first so many in order: their cost, and where their last batch starts
    for end in range(1, len(order) + 1):
        longest = lengths[order[end - 1]]
        first = max(0, end - max(1, int(most // longest)))
        cost, start = min((costs[start] + (end - start) * longest, start) for start in range(first, end))
        costs.append(cost + one_pass)
        starts.append(start)
    batches, end = [], len(order)
    while end:
        batches.append(order[starts[end] : end])
        end = starts[end]
    return batches[::-1]
