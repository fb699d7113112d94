"""A speaker to measure the engine on: sounds as long as speech, in files and in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, TrialSpec
from pft_tui.training.data import RATE, SpeakerData, Split

EMOTION, OTHER = "Angry", "Neutral"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Utterances of each split, and how long they are in seconds. The train split serves k up to its size."""

    train: int
    evaluation: int
    test: int
    shortest: float
    longest: float


def make_speaker(folder: Path, sizes: Sizes) -> SpeakerData:
    """Write a speaker's utterances into `folder`, each as ID.wav, and return them.

    Labels have nothing to do with the sounds, so that no validation score is perfect and every way of
    training goes through all of its epochs.
    """
    rng = np.random.default_rng(0)
    return SpeakerData(
        _split(rng, "train", sizes.train, sizes, folder),
        _split(rng, "evaluation", sizes.evaluation, sizes, folder),
        _split(rng, "test", sizes.test, sizes, folder),
    )


def _split(rng: np.random.Generator, name: str, count: int, sizes: Sizes, folder: Path) -> Split:
    ids = tuple(f"{name}_{number:03}" for number in range(count))
    audio = [_sound(rng, seconds) for seconds in np.linspace(sizes.shortest, sizes.longest, count)]
    for utterance_id, samples in zip(ids, audio, strict=True):
        soundfile.write(wav(folder, utterance_id), samples, RATE)
    labels = [EMOTION, OTHER] * (count // 2) + [OTHER] * (count % 2)
    return Split(ids, audio, tuple(rng.permutation(labels).tolist()))


def _sound(rng: np.random.Generator, seconds: float) -> npt.NDArray[np.int16]:
    """A tone in noise, (samples,) at 16 kHz."""
    time = np.arange(round(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * rng.uniform(80, 350) * time)
    return (4000 * (tone + rng.normal(0.0, 0.7, len(time)))).clip(-32768, 32767).astype(np.int16)


def wav(folder: Path, utterance_id: str) -> Path:
    """Where an utterance of `make_speaker` lies."""
    return folder / f"{utterance_id}.wav"


def make_trials(protocol: str, recipe: Recipe, k: int, numbers: Sequence[int]) -> list[TrialSpec]:
    """So many trials of one cell, each with its own draw of examples."""
    return [
        TrialSpec(
            model_id="m",
            method="finetune",
            protocol=protocol,
            recipe=recipe,
            downstream=CorpusRef("esd", "d"),
            speaker="0011",
            language="English",
            emotion=EMOTION,
            k=k,
            trial=number,
            seed=0,
        )
        for number in numbers
    ]
