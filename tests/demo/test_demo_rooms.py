from __future__ import annotations

import numpy as np
import pytest

from pft_tui.demo.rooms import LOUDEST, Room, record
from pft_tui.demo.voice import NEUTRAL_LEVEL

RATE = 16_000
QUIET = Room(noise=100.0)


def tone(frequency, seconds=0.83, level=0.1):
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def take(speech, room=QUIET, rate=RATE, seed=0):
    return record(speech, room, rate, np.random.default_rng(seed))


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100])
def test_every_rate_keeps_duration_pitch_and_level(rate):
    sound = take(tone(440.0), rate=rate)
    assert sound.dtype == np.int16
    assert len(sound) == round(0.83 * rate)
    time = np.arange(len(sound)) / rate
    expected = 0.1 * np.sin(2 * np.pi * 440.0 * time) * 32767
    inner = slice(rate // 50, -rate // 50)  # the ends of a tone ring in any resampler
    assert np.abs(sound[inner] - expected[inner]).max() < 60


def test_nothing_is_ever_clipped():
    loud = take(tone(300.0, level=0.99), Room(noise=100.0, tilt=6.0, echo=1.0))
    assert np.abs(loud).max() == pytest.approx(LOUDEST * 32767, abs=1)
    soft = take(tone(300.0, level=0.2))
    assert np.abs(soft).max() == pytest.approx(0.2 * 32767, rel=0.02)


def test_noise_lies_as_far_below_neutral_speech_as_said():
    silence = np.zeros(RATE, dtype=np.float32)
    noise = take(silence, Room(noise=20.0, cutoff=1e6))
    level = 20 * np.log10(noise.std() / 32767)
    assert level == pytest.approx(NEUTRAL_LEVEL - 20.0, abs=0.3)


def test_a_room_rings_on_and_dies_away():
    click = np.zeros(RATE // 2, dtype=np.float32)
    click[800] = 0.5
    dry, wet = take(click).astype(float), take(click, Room(noise=100.0, echo=0.5, decay=0.2)).astype(float)
    tail = slice(1000, None)
    assert (dry[tail] ** 2).sum() < 0.001 * (wet[tail] ** 2).sum()
    early, late = (wet[1000:2000] ** 2).sum(), (wet[3000:4000] ** 2).sum()
    # 60 dB in 3,200 samples are 37.5 dB in 2,000.
    assert 10 * np.log10(early / late) == pytest.approx(37.5, abs=8.0)
    assert (wet[801:] ** 2).sum() / wet[800] ** 2 == pytest.approx(0.25, rel=0.1)


def test_the_microphone_tilts_and_ends():
    def gain(room, frequency):
        return 20 * np.log10(take(tone(frequency), room).std() / take(tone(frequency)).std())

    bright = Room(noise=100.0, tilt=6.0)
    assert gain(bright, 4000.0) - gain(bright, 500.0) == pytest.approx(6.0, abs=0.3)
    telephone = Room(noise=100.0, cutoff=3_500.0)
    assert gain(telephone, 1000.0) == pytest.approx(0.0, abs=0.3)
    assert gain(telephone, 7000.0) < -20.0
