"""An encoder with a linear head for each corpus, and what it makes of the corpora's audio."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.training.arithmetic import autocast
from pft_tui.training.data import RATE, Audio, TaskData, by_length, waveforms
from pft_tui.training.evaluation import Measured, evaluate, measured
from pft_tui.training.heads import TaskHeads


class Multitask(nn.Module):
    """Loads, normalises and encodes utterances of several tasks, and sends each to its task's head.

    Audio is read when it is needed, as the corpora may be larger than the memory.
    """

    def __init__(
        self,
        encoder: Encoder,
        tasks: Sequence[TaskData],
        settings: PrefinetuneSettings,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        super().__init__()
        self.encoder = encoder.to(device)
        if settings.freeze_cnn:
            encoder.freeze_cnn()
        classes = {task.name: len(task.labels) for task in tasks}
        self.heads = TaskHeads(encoder.hidden_size, classes, seed).to(device)
        self._tasks = tuple(tasks)
        self._numbers = {task.name: number for number, task in enumerate(tasks)}
        self._crop_seconds = settings.crop_seconds
        self._precision = autocast(settings.precision, device)
        self._device = device

    def losses(self, members: Sequence[tuple[str, int]]) -> tuple[Tensor, Tensor]:
        """The scaled losses of (corpus, index) pairs of the train splits, and their tasks: (B,) each."""
        numbers = [self._numbers[name] for name, _ in members]
        chosen = [
            (self._tasks[number].train, index) for number, (_, index) in zip(numbers, members, strict=True)
        ]
        tasks, labels = self._sent(numbers), self._sent([split.targets[index] for split, index in chosen])
        with self._precision:
            pooled = self._pooled([split.audio[index] for split, index in chosen])
            return self.heads.losses(pooled, tasks, labels), tasks

    def validate(self) -> Tensor:
        """What `evaluate` gives for the evaluation split of each task, one after the other, on the device."""
        self.eval()
        with self._precision:
            return torch.cat([self._evaluate(number) for number in range(len(self._tasks))])

    def measured(self, counted: npt.NDArray[np.float64]) -> dict[str, Measured]:
        """The scaled loss and the scores of each corpus, from what `validate` gave."""
        ends = np.cumsum([1 + len(task.labels) ** 2 for task in self._tasks])[:-1]
        return {
            task.name: measured(part, scale=1.0 / math.log(len(task.labels)))
            for task, part in zip(self._tasks, np.split(counted, ends), strict=True)
        }

    def _evaluate(self, number: int) -> Tensor:
        task, head = self._tasks[number], self.heads.heads[number]
        return evaluate(lambda audio: head(self._pooled(audio)), self._evaluation(task), len(task.labels))

    def _evaluation(self, task: TaskData) -> Iterator[tuple[list[Audio], Tensor]]:
        split, most = task.evaluation, round(self._crop_seconds * RATE)
        for indices in by_length([min(len(samples), most) for samples in split.audio], self._device):
            labels = self._sent([split.targets[index] for index in indices])
            yield [split.audio[index] for index in indices], labels

    def _pooled(self, audio: Sequence[Audio]) -> Tensor:
        batch = waveforms(audio, crop_seconds=self._crop_seconds, device=self._device)
        hidden: Ragged = self.encoder(self.encoder.normalise(batch))
        return hidden.pooled()

    def _sent(self, numbers: Sequence[int]) -> Tensor:
        return torch.tensor(numbers).to(self._device, non_blocking=True)
