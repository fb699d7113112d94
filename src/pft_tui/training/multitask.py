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
from pft_tui.training.data import RATE, Audio, Labelled, Passes, TaskData, by_length, host_lengths, waveforms
from pft_tui.training.evaluation import Measured, evaluate, measured
from pft_tui.training.heads import TaskHeads
from pft_tui.training.prefetch import prefetched
from pft_tui.training.ranks import ALONE, Ranks


@dataclass(frozen=True, slots=True)
class Batch:
    """Utterances of several tasks, on the host: waveforms (B, T), each one's task by number and its class."""

    audio: Ragged
    tasks: Sequence[int]
    labels: Sequence[int]


class Multitask(nn.Module):
    """Loads, normalises and encodes utterances of several tasks, and sends each to its task's head.

    Audio is read when it is needed, as the corpora may be larger than the memory. Of `ranks` each takes its
    share of a step's utterances and of those to validate on.
    """

    def __init__(
        self,
        encoder: Encoder,
        tasks: Sequence[TaskData],
        settings: PrefinetuneSettings,
        *,
        seed: int,
        device: torch.device,
        ranks: Ranks = ALONE,
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
        self._precision = autocast(settings.precision, device, width=encoder.hidden_size)
        self._device = device
        self._passes = Passes.of(encoder, device)
        self._ranks = ranks

    def batches(self, members: Sequence[tuple[str, int]], size: int) -> list[Batch]:
        """This rank's share of a step, in batches of at most `size`, read but not on the device.

        `members` are the (corpus, index) pairs of the whole step, from the train splits. Several batches have
        utterances of similar length together. May be called in another thread.
        """
        chosen = [(self._numbers[name], index) for name, index in members]
        if len(chosen) > size or self._ranks.size > 1:
            most = round(self._crop_seconds * RATE)
            chosen.sort(key=lambda pair: min(most, len(self._tasks[pair[0]].train.audio[pair[1]])))
        share = self._ranks.share(chosen)
        size = size if self._passes.most else 1  # as it is fastest; the step is the same
        return [self._batch(share[start : start + size]) for start in range(0, len(share), size)]

    def losses(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The scaled losses of a batch's utterances, and their tasks: (B,) each."""
        tasks, labels = self._sent(batch.tasks), self._sent(batch.labels)
        with self._precision:
            return self.heads.losses(self._pooled(batch.audio), tasks, labels), tasks

    def validate(self) -> Tensor:
        """What `evaluate` gives for this rank's share of each task's evaluation split, one after the other.

        On the device: (sum over tasks of 1 + classes**2,) float64, which is to be added up over the ranks.
        """
        self.eval()
        with self._precision:
            return torch.cat([self._evaluate(number) for number in range(len(self._tasks))])

    def measured(self, counted: npt.NDArray[np.float64]) -> dict[str, Measured]:
        """The scaled loss and the scores of each corpus, from what `validate` gave in all ranks."""
        ends = np.cumsum([1 + len(task.labels) ** 2 for task in self._tasks])[:-1]
        return {
            task.name: measured(part, scale=1.0 / math.log(len(task.labels)))
            for task, part in zip(self._tasks, np.split(counted, ends), strict=True)
        }

    def _evaluate(self, number: int) -> Tensor:
        task, head = self._tasks[number], self.heads.heads[number]
        split, most = task.evaluation, round(self._crop_seconds * RATE)
        lengths = [min(len(samples), most) for samples in split.audio]
        share = self._ranks.share(sorted(range(len(lengths)), key=lengths.__getitem__))
        if not share:
            return torch.zeros(1 + len(task.labels) ** 2, dtype=torch.float64, device=self._device)
        places = by_length([lengths[index] for index in share], self._passes)
        batches = self._labelled(split, [[share[place] for place in batch] for batch in places])
        return evaluate(lambda audio: head(self._pooled(audio)), batches, len(task.labels))

    def _labelled(self, split: Labelled, grouped: Sequence[Sequence[int]]) -> Iterator[tuple[Ragged, Tensor]]:
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
