"""When what happened in a run: its steps and epochs, by the clock and in processor time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import pairwise

import torch

from pft_tui.calibration import Time


class Clock:
    """Both times, once a device has done what it was given."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def now(self) -> Time:
        """The moment."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return Time(time.perf_counter(), time.process_time())


class Stopwatch:
    """Watches a run of training by what it calls: `should_stop` before a step, `report` after an epoch."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends: list[Time] = []
        self._starts: list[list[Time]] = [[]]
        self._begin = self._end = clock.now()

    def report(self, _epoch: int, _step: int, _values: Mapping[str, float]) -> None:
        """An epoch ends."""
        self._ends.append(self._clock.now())
        self._starts.append([])

    def should_stop(self) -> bool:
        """A step begins; nothing is to stop."""
        self._starts[-1].append(self._clock.now())
        return False

    def close(self) -> None:
        """The run ends."""
        self._end = self._clock.now()

    @property
    def has_epochs(self) -> bool:
        """Whether the run trained anything."""
        return bool(self._ends)

    @property
    def before(self) -> Time:
        """What came before the first step."""
        return self._starts[0][0] - self._begin

    @property
    def after(self) -> Time:
        """What came after the last epoch; of a run without epochs, after it was asked to go on."""
        return self._end - (self._ends or self._starts[0])[-1]

    @property
    def epochs(self) -> list[Time]:
        """Each epoch, from its first step to its report."""
        return [end - starts[0] for starts, end in zip(self._starts, self._ends, strict=False)]

    @property
    def pauses(self) -> list[Time]:
        """What came between a report and the first step of the next epoch."""
        return [starts[0] - end for starts, end in zip(self._starts[1:], self._ends[:-1], strict=False)]

    @property
    def steps(self) -> list[Time]:
        """Each step but the last of each epoch, which cannot be told from the evaluation."""
        return [end - start for steps in self._starts for start, end in pairwise(steps)]

    @property
    def evaluations(self) -> list[Time]:
        """The evaluation of each epoch: what is left of it when each step took as long as the median one."""
        steps = sorted(self.steps, key=lambda step: step.wall)
        if not steps:
            return []
        step = steps[len(steps) // 2]
        return [end - starts[-1] - step for starts, end in zip(self._starts, self._ends, strict=False)]
