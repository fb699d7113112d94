"""Corpora of hums: tones in noise whose pitch tells the emotion."""

from __future__ import annotations

import numpy as np

from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, TrialSpec
from pft_tui.training.data import Labelled, SpeakerData, Split, TaskData

PITCHES = {"Angry": 300.0, "Happy": 220.0, "Neutral": 150.0, "Sad": 100.0}


def hum(rng, pitch, seconds):
    """A voice-like tone in noise: int16 at 16 kHz, its pitch off by a few per cent."""
    time = np.arange(round(seconds * 16_000)) / 16_000
    pitch *= rng.normal(1.0, 0.05)
    tone = sum(np.sin(2 * np.pi * pitch * n * time + rng.uniform(0, 6.28)) / n for n in range(1, 6))
    return (3000 * (tone + rng.normal(0.0, 0.7, len(time)))).astype(np.int16)


def make_split(name, each, seed, shortest=0.2, longest=0.6):
    rng = np.random.default_rng(seed)
    labels = tuple(label for label in PITCHES for _ in range(each))
    audio = [hum(rng, PITCHES[label], rng.uniform(shortest, longest)) for label in labels]
    return Split(tuple(f"{name}_{number:03}" for number in range(len(labels))), audio, labels)


def make_speaker():
    return SpeakerData(make_split("train", 10, 1), make_split("evaluation", 4, 2), make_split("test", 6, 3))


def make_trial(emotion="Sad", k=4, trial=0, seed=0, **recipe):
    recipe = {"epochs": 6, "patience": 6, "learning_rate": 1e-3, "precision": "fp32", **recipe}
    task = "multiclass" if emotion == "all" else "binary"
    return TrialSpec(
        model_id="m",
        method="finetune",
        protocol="paper",
        recipe=Recipe(task=task, **recipe),
        downstream=CorpusRef("esd", "d"),
        speaker="0011",
        language="English",
        emotion=emotion,
        k=k,
        trial=trial,
        seed=seed,
    )


def make_task(name, labels, each=6, seed=0):
    rng = np.random.default_rng([seed, len(name)])
    pitches = np.geomspace(90, 350, len(labels))

    def draw(count):
        targets = [target for target in range(len(labels)) for _ in range(count)]
        return Labelled([hum(rng, pitches[target], rng.uniform(0.1, 0.4)) for target in targets], targets)

    return TaskData(name, tuple(labels), draw(each), draw(3))


def two_tasks():
    """Two corpora of unlike size and number of classes."""
    return [make_task("iemocap", ["ang", "hap", "sad"], each=8), make_task("esd", ["Happy", "Sad"], each=4)]
