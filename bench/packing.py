"""Ways to run several trials on one device: processes, threads with streams, weight-stacked models.

    python bench/packing.py [--encoder random:base] [--device cuda] [--trials 1 2 4]

Every way does the same for each of n trials: training steps (forward, backward, clipping and AdamW over one
accumulated group) and evaluation chunks (one batch of utterances). All utterances are equally long, which
is the best case for stacking. Prints Markdown: steps and chunks of all trials together, by second and in CPU
time. Processes are those of the engine's slots.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any, Protocol, Self

import torch
from side_by_side import side_by_side
from torch import Tensor, nn

from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.settings.model import Precision
from pft_tui.training.arithmetic import autocast
from pft_tui.training.data import RATE
from pft_tui.training.head import new_head
from pft_tui.training.trial import modes, switch
from pft_tui.training.weights import FlatWeights, Optimiser
from pft_tui.training.whole import Classifier
from pft_tui.worker.environment import device_name

CLASSES = 2
LEARNING_RATE, CLIP_NORM = 3e-5, 1.0
PROCESSES, THREADS, STACKED = "processes", "threads", "stacked"


@dataclass(frozen=True, slots=True)
class Work:
    """What is done: with which encoder, where, and on how many utterances of how many seconds."""

    encoder: str
    device: str
    precision: Precision
    group: int
    chunk: int
    seconds: float

    @classmethod
    def of(cls, asked: argparse.Namespace) -> Self:
        """What the options of `add_work` ask for."""
        return cls(asked.encoder, asked.device, asked.precision, asked.group, asked.chunk, asked.seconds)

    def classifier(self, trial: int) -> Classifier:
        """The model of a trial, in training mode."""
        encoder = load_encoder(self.encoder)
        encoder.augment = None  # which is drawn on the host, where vmap does not reach
        head = new_head(encoder.hidden_size, CLASSES, seed=trial)
        return Classifier(encoder, head, from_features=False).to(self.device)

    def noise(self, *shape: int) -> Tensor:
        """Normalised waveforms, (*shape, samples)."""
        return torch.randn(*shape, round(self.seconds * RATE)).to(self.device)

    def arithmetic(self) -> torch.autocast:
        """The context of a forward pass."""
        return autocast(self.precision, torch.device(self.device))


class Lane(Protocol):
    """One or several trials that go in step."""

    trials: int

    def step(self) -> None:
        """A training step of each trial."""

    def evaluate(self) -> None:
        """An evaluation chunk of each trial."""


class Alone:
    """One trial, as the engine runs it."""

    trials = 1

    def __init__(self, work: Work, trial: int, *, compiled_as: str | None = None) -> None:
        model = work.classifier(trial)
        self._work, self._modes = work, modes(model)
        self._model = model if compiled_as is None else torch.compile(model, mode=compiled_as)
        self._optimiser = Optimiser(
            FlatWeights(model),
            learning_rate=LEARNING_RATE,
            weight_decay=0.0,
            clip_norm=CLIP_NORM,
            warmup=0.0,
            total_steps=10**6,
        )
        self._group, self._chunk = Ragged.full(work.noise(work.group)), Ragged.full(work.noise(work.chunk))
        self._labels = torch.arange(work.group, device=work.device) % CLASSES

    def step(self) -> None:
        """A training step."""
        switch(self._modes, training=True)
        with self._work.arithmetic():
            loss = nn.functional.cross_entropy(self._model(self._group).float(), self._labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()

    @torch.inference_mode()
    def evaluate(self) -> None:
        """An evaluation chunk."""
        switch(self._modes, training=False)
        with self._work.arithmetic():
            self._model(self._chunk)


class Stacked:
    """Several trials as one: their weights are stacked, and torch.func maps the model over them."""

    def __init__(self, work: Work, trials: int) -> None:
        self.trials, self._work = trials, work
        models = [work.classifier(trial) for trial in range(trials)]
        self._model = models[0]
        self._modes = modes(self._model)
        self._weights, self._buffers = torch.func.stack_module_state(models)
        self._adamw = torch.optim.AdamW(
            self._weights.values(), lr=LEARNING_RATE, weight_decay=0.0, fused=True
        )
        self._group, self._chunk = work.noise(trials, work.group), work.noise(trials, work.chunk)
        self._labels = torch.arange(work.group, device=work.device) % CLASSES

    def step(self) -> None:
        """A training step of each trial."""
        switch(self._modes, training=True)
        logits = self.logits(self._group).float()
        labels = self._labels.repeat(self.trials)
        losses = nn.functional.cross_entropy(logits.flatten(0, 1), labels, reduction="sum")
        (losses / self._work.group).backward()  # type: ignore[no-untyped-call]
        self._clip()
        self._adamw.step()
        self._adamw.zero_grad()

    @torch.no_grad()
    def evaluate(self) -> None:
        """An evaluation chunk of each trial."""
        switch(self._modes, training=False)
        self.logits(self._chunk)

    def logits(self, waveforms: Tensor) -> Tensor:
        """Of waveforms (trials, B, samples): (trials, B, classes)."""
        lengths = torch.full(waveforms.shape[1:2], waveforms.shape[2], device=waveforms.device)

        def one(weights: dict[str, Tensor], buffers: dict[str, Tensor], own: Tensor) -> Any:  # noqa: ANN401 - as functional_call has it
            return torch.func.functional_call(self._model, (weights, buffers), (Ragged(own, lengths),))

        with self._work.arithmetic():
            mapped: Tensor = torch.vmap(one, randomness="different")(self._weights, self._buffers, waveforms)
        return mapped

    @torch.no_grad()
    def _clip(self) -> None:
        gradients = [weight.grad for weight in self._weights.values() if weight.grad is not None]
        norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)
        factors = (CLIP_NORM / (norms + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(factors.view(-1, *[1] * (gradient.dim() - 1)))


@dataclass(frozen=True, slots=True)
class Rate:
    """Of steps or chunks, all trials counted: how many a second, and the CPU milliseconds of each."""

    per_second: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Span:
    """What one process took: when it began and ended, and its CPU seconds."""

    began: float
    ended: float
    cpu: float


def timed(lanes: Sequence[Lane], act: Callable[[Lane], None], repeats: int, device: str) -> Span:
    """Every lane acts so many times, each in a thread with a stream of its own where there are several."""
    backend = getattr(torch, torch.device(device).type)

    def act_often(lane: Lane) -> None:
        with backend.stream(backend.Stream()):
            for _ in range(repeats):
                act(lane)
            backend.synchronize()

    for lane in lanes:
        act(lane)
    backend.synchronize()
    threads = [threading.Thread(target=act_often, args=(lane,)) for lane in lanes]
    began, cpu = time.time(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Span(began, time.time(), time.process_time() - cpu)


ACTS: tuple[Callable[[Lane], None], ...] = (lambda lane: lane.step(), lambda lane: lane.evaluate())


def in_this_process(work: Work, way: str, trials: int, repeats: int) -> list[Rate]:
    """The rates of steps and of chunks, of threads or of stacked trials."""
    lanes: list[Lane] = (
        [Stacked(work, trials)] if way == STACKED else [Alone(work, trial) for trial in range(trials)]
    )
    return [_rate([timed(lanes, act, repeats, work.device)], trials * repeats) for act in ACTS]


def in_processes(work: Work, trials: int, repeats: int) -> list[Rate]:
    """The rates of steps and of chunks of so many processes."""
    own = [(work, trial, repeats, torch.get_num_threads()) for trial in range(trials)]
    spans = side_by_side(_process, own)
    return [_rate(of_one_act, trials * repeats) for of_one_act in zip(*spans, strict=True)]


def _process(barrier: Barrier, work: Work, trial: int, repeats: int, threads: int) -> list[Span]:
    torch.set_num_threads(threads)
    lane, spans = Alone(work, trial), []
    for act in ACTS:
        act(lane)
        barrier.wait()
        spans.append(timed([lane], act, repeats, work.device))
    return spans


def _rate(spans: Sequence[Span], acts: int) -> Rate:
    wall = max(span.ended for span in spans) - min(span.began for span in spans)
    return Rate(acts / wall, 1e3 * sum(span.cpu for span in spans) / acts)


def main() -> None:
    """Measure what was asked for and show it."""
    asked = _arguments()
    torch.set_num_threads(asked.threads)
    warnings.simplefilter("ignore")  # what vmap says where it loops
    work = Work.of(asked)
    sys.stdout.write(
        f"{heading(work)}\n\n"
        "| trials | way | steps/s | CPU ms a step | chunks/s | CPU ms a chunk |\n"
        "|---:|---|---:|---:|---:|---:|\n"
    )
    for trials in asked.trials:
        for way in asked.ways:
            if way == PROCESSES:
                step, chunk = in_processes(work, trials, asked.repeats)
            else:
                step, chunk = in_this_process(work, way, trials, asked.repeats)
            sys.stdout.write(
                f"| {trials} | {way} | {step.per_second:.3g} | {step.cpu_ms:.3g} "
                f"| {chunk.per_second:.3g} | {chunk.cpu_ms:.3g} |\n"
            )
            sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_work(parser)
    add = parser.add_argument
    add("--ways", nargs="+", default=[PROCESSES, THREADS, STACKED], choices=[PROCESSES, THREADS, STACKED])
    add("--trials", nargs="+", type=int, default=[1, 2, 4], help="trials at once")
    return parser.parse_args()


def add_work(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is done, how often, and with how many threads."""
    add = parser.add_argument
    add("--encoder", default="random:tiny", help="as encoder.name in pft.toml")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--precision", default="auto", choices=["auto", "fp32", "bf16"])
    add("--group", type=int, default=4, help="utterances of a training step")
    add("--chunk", type=int, default=5, help="utterances of an evaluation chunk")
    add("--seconds", type=float, default=3.0, help="of every utterance")
    add("--repeats", type=int, default=20, help="steps and chunks of every trial")
    add("--threads", type=int, default=1, help="threads of PyTorch in every process")


def heading(work: Work) -> str:
    """What is measured, and on what."""
    return (
        f"{work.encoder}, precision {work.precision}, steps over {work.group} and chunks of {work.chunk} "
        f"utterances of {work.seconds:g} s; {device_name(work.device)}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}, threads {torch.get_num_threads()}, PyTorch {torch.__version__}"
    )


if __name__ == "__main__":
    main()
