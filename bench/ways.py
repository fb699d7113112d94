"""What each way to adapt costs and scores on the same trials of a finished demo, in processor time.

    pft demo demo && python bench/ways.py demo

Runs the trials of two speakers from two of its models, the encoder as it is and the one pre-finetuned on
all corpora, by every protocol of WAYS in this process, on the CPU. Prints Markdown.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import torch

from pft_tui.corpora.utterance import EVALUATION, TEST, TRAIN
from pft_tui.encoders.load import load_encoder
from pft_tui.paths import Workspace
from pft_tui.protocols import label, recipe
from pft_tui.settings.model import FinetuneSettings
from pft_tui.specs import FINETUNE, CorpusRef, TrialSpec
from pft_tui.store.read import connect
from pft_tui.training.data import SpeakerData, Split
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.worker.data import corpus_audio

WAYS = (
    FinetuneSettings(protocol="paper", epochs=6, patience=3, learning_rate=2e-3),
    FinetuneSettings(protocol="frozen-cnn", epochs=6, patience=3, learning_rate=2e-3),
    FinetuneSettings(protocol="lora", epochs=6, patience=3, learning_rate=2e-2),
    FinetuneSettings(protocol="head"),
)
SPEAKERS = ("0001", "0011")
SHOTS = (2, 4, 8)
EMOTIONS = ("angry", "happy", "neutral", "sad", "surprise")


@dataclass(frozen=True)
class Measured:
    """One trial: seconds of processor time, and what it came to."""

    seconds: float
    epochs: int
    macro_f1: float


def measure(
    workspace: Workspace, encoder: str, corpus: CorpusRef, settings: FinetuneSettings
) -> Iterator[Measured]:
    """Each trial of the speakers from one encoder; what a bundle computes once is not counted."""
    for speaker in SPEAKERS:
        trials = [
            TrialSpec(
                None, FINETUNE, label(settings), recipe(settings, k), corpus, speaker, None, emotion, k, 0, 0
            )
            for emotion in EMOTIONS
            for k in SHOTS
        ]
        data = speaker_data(workspace, corpus, speaker)
        trainer = FewShotTrainer(load_encoder(encoder), data, device=torch.device("cpu"))
        trainer.run(trials[0], lambda *_: None, lambda: False)
        for trial in trials:
            began = time.process_time()
            outcome = trainer.run(trial, lambda *_: None, lambda: False)
            assert outcome is not None
            yield Measured(time.process_time() - began, outcome.epochs, outcome.macro_f1)


def speaker_data(workspace: Workspace, corpus: CorpusRef, speaker: str) -> SpeakerData:
    """The utterances of a speaker, from the workspace's cache of audio."""
    audio = corpus_audio(workspace, corpus)
    splits = []
    for split in (TRAIN, EVALUATION, TEST):
        items = audio.utterances(split, speaker)
        ids, labels = tuple(item.utterance_id for item in items), tuple(item.label for item in items)
        splits.append(Split(ids, audio.samples(items), labels))
    return SpeakerData(*splits)


def main() -> None:
    """Print a row for each protocol."""
    torch.set_num_threads(1)
    workspace = Workspace(Path(sys.argv[1]).absolute())
    with connect(workspace) as connection:
        [(digest,)] = connection.execute("select digest from corpora where corpus = 'esd'").fetchall()
        [(largest,)] = connection.execute(
            "select model_id from models order by n_corpora desc limit 1"
        ).fetchall()
    corpus, encoders = CorpusRef("esd", digest), ("random:tiny", str(workspace.models / largest))
    print("| protocol | seconds | epochs | macro F1, not pre-finetuned | macro F1, on all corpora |")
    print("|---|---|---|---|---|")
    for settings in WAYS:
        found = [list(measure(workspace, encoder, corpus, settings)) for encoder in encoders]
        everything = [trial for trials in found for trial in trials]
        scores = [[trial.macro_f1 for trial in trials] for trials in found]
        cells = [f"{fmean(f1):.3f} ± {stdev(f1) / len(f1) ** 0.5:.3f}" for f1 in scores]
        seconds = fmean(trial.seconds for trial in everything)
        epochs = fmean(trial.epochs for trial in everything)
        print(f"| `{label(settings)}` | {seconds:.3f} | {epochs:.1f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
