"""Emotion is in the sound: an independent, simple classifier finds it there, without any file name."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from demo_prosody import RATE, centroid_accuracy, features

from pft_tui.demo.layouts import write_corpora
from pft_tui.demo.scale import Scale

SCALE = Scale(
    iemocap=30,
    msp_improv=60,
    msp_podcast=40,
    mandarin_speakers=1,
    mandarin_texts=2,
    esd_train=6,
    esd_evaluation=1,
    esd_test=3,
)
ESD_NAMES = {"A": "Angry", "H": "Happy", "N": "Neutral", "S": "Sad"}


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    return write_corpora(tmp_path_factory.mktemp("demo") / "corpora", seed=0, scale=SCALE)


def measure(path):
    """Features of a file at 16 kHz, whatever its own rate, without those of the level it was written at."""
    samples, rate = soundfile.read(path)
    if rate != RATE:
        spectrum = np.fft.rfft(samples)
        count = round(len(samples) * RATE / rate)
        samples = np.fft.irfft(spectrum[: count // 2 + 1], count) * count / len(samples)
    return features(samples / samples.std())


@pytest.fixture(scope="module")
def esd(roots):
    """Features, emotions, speakers and splits of all utterances."""
    paths = sorted(roots["esd"].glob("*/*/*/*.wav"))
    columns = [np.array([path.parts[place] for path in paths]) for place in (-3, -4, -2)]
    return np.array([measure(path) for path in paths]), *columns


@pytest.fixture(scope="module")
def improv(roots):
    """Features and consensus labels of the files with one of four emotions."""
    lines = (roots["msp_improv"] / "Evalution.txt").read_text().splitlines()
    codes = {line[11:].split(".")[0]: line.split("; ")[1] for line in lines if line.startswith("UTD")}
    kept = [path for path in sorted(roots["msp_improv"].rglob("*.wav")) if codes[path.stem[11:]] in ESD_NAMES]
    labels = np.array([ESD_NAMES[codes[path.stem[11:]]] for path in kept])
    return np.array([measure(path) for path in kept]), labels


def test_emotions_are_told_apart_within_a_speaker(esd):
    values, emotions, speakers, splits = esd
    accuracies = [
        centroid_accuracy(
            values,
            emotions,
            train=(speakers == speaker) & (splits == "train"),
            test=(speakers == speaker) & (splits != "train"),
        )
        for speaker in np.unique(speakers)
    ]
    assert np.mean(accuracies) > 0.6  # chance is 0.2


def test_emotions_are_told_apart_in_a_new_speaker_but_less_well(esd):
    values, emotions, speakers, _ = esd
    across = np.mean(
        [
            centroid_accuracy(values, emotions, speakers != speaker, speakers == speaker)
            for speaker in np.unique(speakers)
        ]
    )
    assert 0.4 < across < 0.95


def test_emotions_mean_the_same_in_another_corpus(esd, improv):
    values, emotions, _, _ = esd
    known = np.isin(emotions, list(ESD_NAMES.values()))
    both = np.concatenate([improv[0], values[known]])
    labels = np.concatenate([improv[1], emotions[known]])
    learned = np.arange(len(labels)) < len(improv[1])
    assert centroid_accuracy(both, labels, learned, ~learned) > 0.45  # chance is 0.25


def test_shuffled_labels_are_not_told_apart(esd):
    values, emotions, _, splits = esd
    shuffled = np.random.default_rng(0).permutation(emotions)
    assert centroid_accuracy(values, shuffled, splits == "train", splits != "train") < 0.35
