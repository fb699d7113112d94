"""An encoder with a linear head for each corpus, and what it makes of the corpora's audio."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.training.arithmetic import autocast
from pft_tui.training.data import RATE, Audio, TaskData, by_length, host_lengths, waveforms
from pft_tui.training.evaluation import Measured, evaluate, measured
from pft_tui.training.heads import TaskHeads
from pft_tui.training.prefetch import prefetched


@dataclass(frozen=True, slots=True)
class Batch:
    """Utterances of several tasks, on the host: waveforms (B, T), each one's task by number and its class."""

    audio: Ragged
    tasks: Sequence[int]
    labels: Sequence[int]


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

    def batches(self, members: Sequence[tuple[str, int]], size: int) -> list[Batch]:
        """The (corpus, index) pairs of the train splits in batches of `size`, read but not on the device.

        Several batches have utterances of similar length together. May be called in another thread.
        """
        chosen = [(self._numbers[name], index) for name, index in members]
        if len(chosen) > size:
            most = round(self._crop_seconds * RATE)
            chosen.sort(key=lambda pair: min(most, len(self._tasks[pair[0]].train.audio[pair[1]])))
        return [self._batch(chosen[start : start + size]) for start in range(0, len(chosen), size)]

    def losses(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The scaled losses of a batch's utterances, and their tasks: (B,) each."""
        tasks, labels = self._sent(batch.tasks), self._sent(batch.labels)
        with self._precision:
            return self.heads.losses(self._pooled(batch.audio), tasks, labels), tasks

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

    def _evaluation(self, task: TaskData) -> Iterator[tuple[Ragged, Tensor]]:
        split, most = task.evaluation, round(self._crop_seconds * RATE)
        grouped = by_length([min(len(samples), most) for samples in split.audio], self._device)
        with closing(
            prefetched(lambda at: self._read([split.audio[index] for index in at]), grouped)
        ) as read:
            for indices, audio in zip(grouped, read, strict=True):
                yield audio, self._sent([split.targets[index] for index in indices])

    def _batch(self, chosen: Sequence[tuple[int, int]]) -> Batch:
        splits = [(self._tasks[number].train, index) for number, index in chosen]
        return Batch(
            self._read([split.audio[index] for split, index in splits]),
            [number for number, _ in chosen],
            [split.targets[index] for split, index in splits],
        )

    def _read(self, audio: Sequence[Audio]) -> Ragged:
        """The waveforms on the host, where a GPU can fetch them while it computes."""
        read = waveforms(audio, crop_seconds=self._crop_seconds, device=torch.device("cpu"))
        return replace(read, values=read.values.pin_memory()) if self._device.type == "cuda" else read

    def _pooled(self, audio: Ragged) -> Tensor:
        there = Ragged.of(audio.values.to(self._device, non_blocking=True), host_lengths(audio))
        hidden: Ragged = self.encoder(self.encoder.normalise(there))
        return hidden.pooled()

    def _sent(self, numbers: Sequence[int]) -> Tensor:
        return torch.tensor(numbers).to(self._device, non_blocking=True)
