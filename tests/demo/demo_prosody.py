"""Prosodic measurements from samples alone, for the tests of the synthetic speech."""

from __future__ import annotations

import numpy as np

RATE = 16_000


def pitch_track(samples, lowest=60.0, highest=550.0):
    """The pitch (Hz) of the voiced 50-ms frames, by the highest peak of the autocorrelation."""
    size, hop = 800, 160
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(float), size)[::hop] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, 2 * size, axis=1)) ** 2
    correlation = np.fft.irfft(power, axis=1)
    # The window's own autocorrelation falls with the lag and would favour high pitches.
    taper = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(size), 2 * size)) ** 2)
    first, last = int(RATE / highest), int(RATE / lowest)
    normal = correlation[:, first:last] / (correlation[:, :1] + 1e-12) / (taper[first:last] / taper[0])
    lag = np.array([first + _first_peak(row) for row in normal])
    strength = normal[np.arange(len(lag)), lag - first]
    loud = (frames**2).mean(axis=1) > 0.1 * (frames**2).mean()
    voiced = loud & (strength > 0.5)
    return RATE / lag[voiced]


def _first_peak(row):
    """The shortest lag that is nearly as good as the best: longer ones are its multiples."""
    return int(np.argmax(row > 0.9 * row.max()))


def features(samples):
    """Nine features: pitch level, range and final rise, brightness, level, its spread and movement."""
    pitch = 12 * np.log2(pitch_track(samples))
    pitch = pitch if len(pitch) >= 4 else np.full(4, 12 * np.log2(150.0))
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(float), 400)[::160] * np.hanning(400)
    level = 10 * np.log10((frames**2).mean(axis=1) + 1e-9)
    loud = level > np.percentile(level, 40)
    power = (np.abs(np.fft.rfft(frames[loud], axis=1)) ** 2).mean(axis=0)
    cut = round(1500 * 400 / RATE)
    quarter = max(1, len(pitch) // 4)
    return np.array(
        [
            np.median(pitch),
            np.percentile(pitch, 85) - np.percentile(pitch, 15),
            np.median(pitch[-quarter:]) - np.median(pitch),
            10 * np.log10(power[cut:].sum() / power[:cut].sum()),
            np.median(level),
            level.std(),
            np.abs(np.diff(level)).mean(),
            np.median(level[-len(level) // 4 :]) - np.median(level[: len(level) // 4]),
            len(samples) / RATE,
        ]
    )


def centroid_accuracy(features, labels, train, test):
    """How often the nearest class mean, in features of unit variance, is that of the right class."""
    scaled = (features - features[train].mean(axis=0)) / features[train].std(axis=0)
    classes = np.unique(labels[train])
    means = np.stack([scaled[train & (labels == label)].mean(axis=0) for label in classes])
    distance = ((scaled[test, None] - means) ** 2).sum(axis=2)
    return float(np.mean(classes[distance.argmin(axis=1)] == labels[test]))
