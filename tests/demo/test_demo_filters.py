from __future__ import annotations

import numpy as np
import pytest

from pft_tui.demo.emotions import Emotion
from pft_tui.demo.glottis import NEUTRAL_TILT, glottal_source
from pft_tui.demo.movement import HOP, RATE, Movement
from pft_tui.demo.tract import through_tract

FORMANTS = (730.0, 1090.0, 2440.0, 3500.0, 4500.0)
SAMPLES = 8_000


def still(pitch=120.0, noise=0.0, formants=FORMANTS):
    """A voice that does not move."""
    frames = SAMPLES // HOP + 2
    constant = np.ones(frames)
    return Movement(
        pitch=pitch * constant,
        voicing=constant,
        noise=noise * constant,
        burst=4000.0 * constant,
        formants=np.outer(constant, formants),
    )


def cascade_sample_by_sample(samples, formants):
    """Klatt's resonators as difference equations, one after the other."""
    for frequency in formants:
        radius = np.exp(-np.pi * (50.0 + 0.04 * frequency) / RATE)
        b, c = 2 * radius * np.cos(2 * np.pi * frequency / RATE), -(radius**2)
        a, last, before = 1 - b - c, 0.0, 0.0
        filtered = []
        for sample in samples:
            last, before = a * sample + b * last + c * before, last
            filtered.append(last)
        samples = np.array(filtered)
    return samples


def test_a_tract_at_rest_is_klatts_cascade():
    voice = np.random.default_rng(0).normal(size=SAMPLES)
    expected = cascade_sample_by_sample(voice, FORMANTS)
    measured = through_tract(voice, still(), np.random.default_rng(1))
    error = np.sqrt(np.mean((measured - expected) ** 2) / np.mean(expected**2))
    assert measured.shape == voice.shape
    assert error < 0.01  # what the resonators ring beyond a frame's transform


def test_consonant_noise_lies_around_its_centre():
    silence = np.zeros(SAMPLES)
    hiss = through_tract(silence, still(noise=1.0), np.random.default_rng(1))
    power = np.abs(np.fft.rfft(hiss)) ** 2
    frequency = np.fft.rfftfreq(SAMPLES, 1 / RATE)
    assert np.average(frequency, weights=power) == pytest.approx(4000.0, abs=400.0)
    assert power[np.abs(frequency - 4000.0) < 1000.0].sum() > 0.6 * power.sum()
    assert not through_tract(silence, still(), np.random.default_rng(1)).any()


def test_formants_above_the_band_are_held_below_half_the_rate():
    voice = np.random.default_rng(0).normal(size=SAMPLES)
    raised = still(formants=(900.0, 2500.0, 4000.0, 6000.0, 9000.0))
    held = still(formants=(900.0, 2500.0, 4000.0, 6000.0, 7500.0))
    levels = [through_tract(voice, tract, np.random.default_rng(1)).std() for tract in (raised, held)]
    assert levels[0] == pytest.approx(levels[1], rel=0.5)


@pytest.mark.parametrize("tilt", [-6.0, 0.0, 9.0])
def test_tilt_is_the_loss_at_3_khz(tilt):
    def level(manner):
        source = glottal_source(still(pitch=100.0), manner, SAMPLES, np.random.default_rng(0))
        power = np.abs(np.fft.rfft(source * np.hanning(SAMPLES))) ** 2
        frequency = np.fft.rfftfreq(SAMPLES, 1 / RATE)
        return 10 * np.log10(power[(frequency > 2900) & (frequency < 3100)].sum())

    quiet = {"breath": -60.0, "roughness": -20.0}
    loss = level(Emotion(tilt=0.5 - NEUTRAL_TILT, **quiet)) - level(Emotion(tilt=tilt, **quiet))
    assert loss == pytest.approx(NEUTRAL_TILT + tilt - 0.5, abs=0.5)


def test_regular_pulses_come_at_the_pitch():
    source = glottal_source(
        still(pitch=200.0), Emotion(breath=-60.0, roughness=-20.0), SAMPLES, np.random.default_rng(0)
    )
    power = np.abs(np.fft.rfft(source)) ** 2
    strongest = np.fft.rfftfreq(SAMPLES, 1 / RATE)[power.argmax()]
    assert strongest == pytest.approx(200.0, abs=2.0)
    assert abs(source.mean()) < 0.01 * source.std()  # air that flows out comes from nowhere else


def test_breath_fills_the_spectrum_between_the_harmonics():
    def between(breath):
        source = glottal_source(
            still(pitch=200.0), Emotion(breath=breath, roughness=-20.0), SAMPLES, np.random.default_rng(0)
        )
        power = np.abs(np.fft.rfft(source * np.hanning(SAMPLES))) ** 2
        frequency = np.fft.rfftfreq(SAMPLES, 1 / RATE)
        return 10 * np.log10(power[np.abs(frequency % 200 - 100) < 40].sum())

    assert between(12.0) - between(0.0) == pytest.approx(12.0, abs=1.0)
