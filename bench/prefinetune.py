"""How long an epoch of pre-finetuning takes with one process, and with several that train one model.

    python bench/prefinetune.py

On GPUs where there are any, one for each process, else on the CPU with one thread for each. Two corpora of
noise, 1 to 5 s an utterance, steps of 8, fp32 on a CPU and bf16 on GPUs that have it. Prints Markdown.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import torch

from pft_tui.encoders.load import load_encoder
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.training.data import RATE, Labelled, TaskData
from pft_tui.training.model_folder import PrefinetuneResult
from pft_tui.training.prefinetune import prefinetune
from pft_tui.training.ranks import Ranks
from pft_tui.training.together import train_together
from pft_tui.training.trial import Report

LABELS = ("angry", "happy", "neutral", "sad")
EPOCHS = 3
"""The first of them warms up."""


@dataclass(frozen=True)
class Sizes:
    """An encoder, and how many utterances each of the two corpora has to train and to validate on."""

    encoder: str
    train: int
    evaluation: int


@dataclass(frozen=True)
class Epochs:
    """The median epoch after the first: seconds by the clock, and of the first rank's processor time."""

    seconds: float
    processor: float


SIZES = {
    "cpu": (Sizes("random:tiny", 100, 20), Sizes("random:base", 4, 2)),
    "cuda": (Sizes("random:tiny", 2000, 200), Sizes("random:base", 1000, 100)),
}


def corpus(name: str, sizes: Sizes) -> TaskData:
    """Noise with labels that have nothing to do with it."""
    rng = np.random.default_rng([len(name), sizes.train])

    def draw(count: int) -> Labelled:
        audio = [
            (3000 * rng.standard_normal(round(seconds * RATE))).astype(np.int16)
            for seconds in rng.uniform(1.0, 5.0, count)
        ]
        return Labelled(audio, rng.integers(len(LABELS), size=count).tolist())

    return TaskData(name, LABELS, draw(sizes.train), draw(sizes.evaluation))


def train(
    sizes: Sizes, folder: Path, ranks: Ranks, device: torch.device, report: Report
) -> PrefinetuneResult | None:
    """Be one of the processes."""

    def with_processor_time(epoch: int, step: int, values: Mapping[str, float]) -> None:
        report(epoch, step, {**values, "processor": time.process_time()})

    return prefinetune(
        load_encoder(sizes.encoder),
        [corpus("one", sizes), corpus("other", sizes)],
        PrefinetuneSettings(epochs=EPOCHS, patience=EPOCHS),
        seed=0,
        folder=folder,
        device=device,
        report=with_processor_time,
        should_stop=lambda: False,
        ranks=ranks,
    )


def measure(sizes: Sizes, devices: list[str]) -> Epochs:
    """One pre-finetuning by as many processes as there are devices."""
    rows: list[Mapping[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        train_together(
            partial(train, sizes, Path(folder) / "model"),
            devices,
            threads=1,
            report=lambda _epoch, _step, values: rows.append(values),
            should_stop=lambda: False,
        )
    processor = [row["processor"] for row in rows]
    return Epochs(
        median(row["seconds"] for row in rows[1:]),
        median(end - start for start, end in pairwise(processor)),
    )


def ways(kind: str, most: int) -> Iterator[list[str]]:
    """The devices of one process, two, four and so on."""
    count = 1
    while count <= most:
        yield [f"cuda:{index}" for index in range(count)] if kind == "cuda" else [kind] * count
        count *= 2


def main() -> None:
    """Print a row for each encoder and number of processes."""
    kind = "cuda" if torch.cuda.is_available() else "cpu"
    most = torch.cuda.device_count() if kind == "cuda" else len(os.sched_getaffinity(0))
    print(f"Load of the machine before: {os.getloadavg()[0]:.1f}; {most} devices or cores.\n")
    print("| encoder | processes | seconds an epoch | processor time of the first | times as fast |")
    print("|---|---|---|---|---|")
    for sizes in SIZES[kind]:
        alone = None
        for devices in ways(kind, most):
            found = measure(sizes, devices)
            alone = alone or found
            cells = f"{found.seconds:.2f} | {found.processor:.2f} s | {alone.seconds / found.seconds:.2f}"
            print(f"| `{sizes.encoder}` | {len(devices)} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
