"""The engine: one slot in this process, or several slots, each a process of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path

import torch
from side_by_side import side_by_side

from pft_tui.encoders.load import load_encoder
from pft_tui.specs import TrialSpec
from pft_tui.training.data import SpeakerData
from pft_tui.training.finetune import FewShotTrainer


class Engine:
    """One slot: the trials of one model and one speaker after one another."""

    def __init__(self, data: SpeakerData, encoder: Path, *, device: str) -> None:
        self._trainer = FewShotTrainer(load_encoder(str(encoder)), data, device=torch.device(device))

    def run(self, trial: TrialSpec) -> int:
        """Train and test; the epochs that were gone through."""
        outcome = self._trainer.run(trial, lambda _epoch, _step, _values: None, lambda: False)
        assert outcome is not None
        return outcome.epochs


def run_in_slots(
    data: SpeakerData, encoder: Path, shares: Sequence[Sequence[TrialSpec]], *, device: str
) -> tuple[float, float]:
    """Run each share of trials in a slot of its own, at the same time, with one thread each.

    Gives the seconds of wall-clock time from the first's start to the last's end, and the CPU seconds of
    all. Each slot loads its encoder and runs one trial beforehand.
    """
    times = side_by_side(_slot, [(data, encoder, share, device) for share in shares])
    wall = max(end for _, end, _ in times) - min(begin for begin, _, _ in times)
    return wall, sum(cpu for _, _, cpu in times)


def _slot(
    barrier: Barrier, data: SpeakerData, encoder: Path, trials: Sequence[TrialSpec], device: str
) -> tuple[float, float, float]:
    torch.set_num_threads(1)
    engine = Engine(data, encoder, device=device)
    engine.run(trials[0])
    barrier.wait()
    began, cpu = time.time(), time.process_time()
    for trial in trials:
        engine.run(trial)
    return began, time.time(), time.process_time() - cpu
