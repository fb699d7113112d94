"""Mandarin Affective Speech (LDC2007S09): read sentences; folders are all the labels there are."""

from __future__ import annotations

import numpy as np

from pft_tui.demo.emotions import ANGER, EXCITEMENT, FEAR, NEUTRAL, SADNESS
from pft_tui.demo.rooms import Room
from pft_tui.demo.scale import Scale
from pft_tui.demo.speakers import draw_cast
from pft_tui.demo.takes import Release, Take, enact

FOLDER = "LDC2007S09"
ROOM = Room(noise=28.0, echo=0.1, decay=0.15, tilt=-1.0)
STRENGTH = 1.0
SAMPLE_RATE = 22_050
EMOTIONS = {"anger": ANGER, "elation": EXCITEMENT, "neutral": NEUTRAL, "panic": FEAR, "sadness": SADNESS}


def plan(rng: np.random.Generator, scale: Scale) -> Release:
    """Takes alone: each speaker says each text in each emotion."""
    takes = []
    for number, speaker in enumerate(draw_cast(rng, scale.mandarin_speakers, "Mandarin"), start=1):
        for folder, emotion in EMOTIONS.items():
            for text in range(1, scale.mandarin_texts + 1):
                kind = "phrase" if text <= scale.mandarin_texts // 2 else "utterance"
                path = f"man_aff_spch/data/{number:03d}/{folder}/{kind}/{text:03d}.wav"
                takes.append(Take(path, speaker, enact(rng, emotion, STRENGTH), ROOM, SAMPLE_RATE))
    return Release(takes, {})
