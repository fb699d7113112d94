"""The engine: one slot in this process, or several slots, each a process of its own."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import torch

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
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(len(shares)), context.SimpleQueue()
    slots = [
        context.Process(target=_slot, args=(data, encoder, list(share), device, barrier, answers))
        for share in shares
    ]
    for slot in slots:
        slot.start()
    for slot in slots:
        slot.join()
        if slot.exitcode:
            raise SystemExit(f"a slot ended with {slot.exitcode}")
    times = [answers.get() for _ in slots]
    wall = max(end for _, end, _ in times) - min(begin for begin, _, _ in times)
    return wall, sum(cpu for _, _, cpu in times)


def _slot(
    data: SpeakerData,
    encoder: Path,
    trials: list[TrialSpec],
    device: str,
    barrier: Barrier,
    answers: Any,  # noqa: ANN401 - a queue has no public type
) -> None:
    torch.set_num_threads(1)
    engine = Engine(data, encoder, device=device)
    engine.run(trials[0])
    barrier.wait()
    began, cpu = time.time(), time.process_time()
    for trial in trials:
        engine.run(trial)
    answers.put((began, time.time(), time.process_time() - cpu))
