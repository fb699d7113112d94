"""What is spared where frozen parts of an encoder are computed once, and what the grid by `head` takes.

    python bench/frozen.py [random:tiny random:base]

Processor time on one thread, side by side in one run: a bundle of trials without a cache on the disk, with
an empty one, with one that another model with the same CNN has filled, and with one that it has filled
itself. Audio is noise as long as the utterances of the paper's downstream corpus.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor
from transformers.utils import logging

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.protocols import label, recipe
from pft_tui.settings.model import FinetuneSettings, Precision
from pft_tui.specs import CorpusRef, TrialSpec
from pft_tui.training.arithmetic import settled
from pft_tui.training.data import RATE, SpeakerData, Split
from pft_tui.training.draws import draw_examples
from pft_tui.training.feature_cache import FeatureCache
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.frozen import Kept

CPU = torch.device("cpu")
EMOTIONS = ("Angry", "Happy", "Neutral", "Sad", "Surprise")
SHOTS, REPEATS = (2, 4, 8, 16, 24, 32, 64), 3
MODELS, SPEAKERS, EACH = 16, 20, {"train": 300, "evaluation": 20, "test": 30}
"""The paper's grid: models, speakers, and utterances of each emotion that a speaker has in each split."""
SECONDS, SPREAD = 3.0, 0.6
"""Mean length of an utterance and its standard deviation."""
SMALL = {"train": 2, "evaluation": 1, "test": 1}
EPOCHS = 1
CORES = 8
PRECISIONS: tuple[Precision, ...] = ("fp32", "auto")


def speaker(each: dict[str, int]) -> SpeakerData:
    """Noise, so many utterances of each emotion in each split."""
    rng, splits = np.random.default_rng(0), []
    for name, count in each.items():
        labels = tuple(emotion for emotion in EMOTIONS for _ in range(count))
        lengths = rng.normal(SECONDS, SPREAD, len(labels)).clip(1.0, 5.0)
        audio = [rng.normal(0, 1000, round(RATE * seconds)).astype(np.int16) for seconds in lengths]
        splits.append(Split(tuple(f"{name}{number}" for number in range(len(labels))), audio, labels))
    return SpeakerData(*splits)


def trial(settings: FinetuneSettings, k: int, emotion: str, number: int) -> TrialSpec:
    """A trial by a protocol."""
    return TrialSpec(
        model_id="m",
        method="finetune",
        protocol=label(settings),
        recipe=recipe(settings, k),
        downstream=CorpusRef("noise", "1"),
        speaker="s",
        language=None,
        emotion=emotion,
        k=k,
        trial=number,
        seed=0,
    )


def drawn_of_grid() -> int:
    """How many training utterances of a speaker the paper's 105 trials draw, each counted once."""
    labels = [(f"train{number}", EMOTIONS[number // EACH["train"]]) for number in range(5 * EACH["train"])]
    drawn: set[str] = set()
    for emotion in EMOTIONS:
        for k in SHOTS:
            for number in range(REPEATS):
                drawn.update(draw_examples(labels, speaker="s", emotion=emotion, k=k, trial=number, seed=0))
    return len(drawn)


def taken(encoder: Encoder, data: SpeakerData, trials: list[TrialSpec], folder: Path | None) -> float:
    """Processor time of a bundle, until what it keeps is on the disk."""
    began = time.process_time()
    with FeatureCache(folder or Path(), limit=1 << 34, floor=0) as cache:
        kept = Kept(cache, "s", shares_cnn=True) if folder else None
        trainer = FewShotTrainer(encoder, data, device=CPU, kept=kept)
        for each in trials:
            trainer.run(each, lambda *_: None, lambda: False)
    return time.process_time() - began


def other_model(name: str) -> Encoder:
    """An encoder with the same CNN."""
    encoder = load_encoder(name)
    with torch.no_grad():
        encoder.model.encoder.layers[0].final_layer_norm.bias += 0.1
    return encoder


def bundles(name: str, protocol: str, data: SpeakerData) -> Iterator[float]:
    """A bundle without a cache, with an empty one, after another model's, and after its own."""
    settings = FinetuneSettings(protocol=protocol, epochs=EPOCHS)
    trials = [trial(settings, k, "Angry", number) for k in (2, 4) for number in range(2)]
    taken(load_encoder(name), data, trials[:1], None)  # kernels are prepared
    yield taken(load_encoder(name), data, trials, None)
    with TemporaryDirectory() as folder:
        yield taken(other_model(name), data, trials, Path(folder) / "cache")
        yield taken(load_encoder(name), data, trials, Path(folder) / "cache")
        yield taken(load_encoder(name), data, trials, Path(folder) / "cache")


def grid_by_head(name: str, precision: Precision) -> None:
    """What the paper's grid takes by `head`: the pass over each utterance, and the trials that follow it."""
    data, settings = speaker(SMALL), FinetuneSettings(protocol="head", precision=precision)
    encoder = load_encoder(name)
    passed, encode = [], encoder.pooled_layers

    def counted(batch: Ragged) -> Tensor:
        passed.append(len(batch.values))
        return encode(batch)

    encoder.pooled_layers = counted  # type: ignore[method-assign]
    trainer = FewShotTrainer(encoder, data, device=CPU)
    trials = [trial(settings, 4, emotion, 0) for emotion in EMOTIONS]
    times = []
    for _ in range(2):  # the second time nothing is encoded
        began = time.process_time()
        outcomes = [trainer.run(each, lambda *_: None, lambda: False) for each in trials]
        times.append(time.process_time() - began)
    each, each_trial = (times[0] - times[1]) / sum(passed), times[1] / len(trials)
    epochs = fmean(outcome.epochs for outcome in outcomes if outcome)
    # A small encoder takes utterances in batches, of which trials leave none out.
    train = 5 * EACH["train"] if max(passed) > 1 else drawn_of_grid()
    utterances, of_bundle = (
        train + 5 * (EACH["evaluation"] + EACH["test"]),
        len(EMOTIONS) * len(SHOTS) * REPEATS,
    )
    hours = MODELS * SPEAKERS * (utterances * each + of_bundle * each_trial) / 3600
    arithmetic = settled(precision, CPU, encoder.hidden_size)
    print(
        f"{name} by head in {arithmetic}: {each:.4f} s an utterance, {each_trial:.3f} s a trial of "
        f"{epochs:.0f} epochs; {utterances} utterances and {of_bundle} trials in each of "
        f"{MODELS * SPEAKERS} bundles: {hours:.1f} hours of one core, {hours / CORES:.1f} on {CORES}",
        flush=True,
    )


def main() -> None:
    """Print a table for each encoder."""
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    data = speaker(SMALL)
    for name in sys.argv[1:] or ["random:tiny", "random:base"]:
        print(f"{name}: seconds of processor time for a bundle of 4 trials of {EPOCHS} epoch")
        print("| protocol | no cache | empty cache | after a model with the same CNN | after itself |")
        print("|---|---|---|---|---|")
        for protocol in ("head", "frozen-cnn", "lora"):
            cells = " | ".join(f"{seconds:.2f}" for seconds in bundles(name, protocol, data))
            print(f"| `{protocol}` | {cells} |", flush=True)
        for precision in PRECISIONS:
            grid_by_head(name, precision)


if __name__ == "__main__":
    main()
