from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from demo_prosody import pitch_track

from pft_tui.demo.emotions import ANGER, FEAR, HAPPINESS, NEUTRAL, SADNESS, SURPRISE, Emotion
from pft_tui.demo.speakers import Speaker, draw_cast, draw_speaker
from pft_tui.demo.syllables import draw_syllables
from pft_tui.demo.voice import synthesise

PLAIN = Speaker(
    sex="male",
    language="English",
    pitch=120.0,
    formants=1.0,
    rate=5.0,
    habit=NEUTRAL,
    style=(1.0,) * len(fields(Emotion)),
)


def say(speaker, emotion, seed=0, seconds=1.2):
    return synthesise(speaker, emotion, speaker.language, np.random.default_rng(seed), seconds)


def median_pitch(speaker, emotion, utterances=6):
    return np.median(np.concatenate([pitch_track(say(speaker, emotion, seed)) for seed in range(utterances)]))


def band_level(samples, low, high):
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / 16_000)
    return 10 * np.log10(power[(frequency >= low) & (frequency < high)].sum())


@pytest.mark.parametrize("language", ["English", "Mandarin"])
@pytest.mark.parametrize("sex", ["female", "male"])
def test_every_emotion_gives_sound_of_the_length_asked_for(sex, language):
    speaker = draw_speaker(np.random.default_rng(1), sex, language)
    for emotion in (NEUTRAL, ANGER, HAPPINESS, SADNESS, SURPRISE, FEAR):
        for seconds in (0.3, 0.8, 1.6):
            samples = say(speaker, emotion, seconds=seconds)
            assert samples.dtype == np.float32
            assert samples.shape == (round(16_000 * seconds),)
            assert np.isfinite(samples).all()
            assert np.abs(samples).max() < 1.0
            assert samples.std() > 0.005


def test_the_same_generator_gives_the_same_sound():
    np.testing.assert_array_equal(say(PLAIN, ANGER, seed=3), say(PLAIN, ANGER, seed=3))
    assert not np.array_equal(say(PLAIN, ANGER, seed=3), say(PLAIN, ANGER, seed=4))


@pytest.mark.parametrize("pitch", [100.0, 150.0, 220.0])
def test_neutral_pitch_is_the_speakers(pitch):
    measured = median_pitch(replace(PLAIN, pitch=pitch), NEUTRAL)
    assert abs(12 * np.log2(measured / pitch)) < 2.0


@pytest.mark.parametrize("language", ["English", "Mandarin"])
def test_angry_speech_is_higher_than_sad_speech_in_every_speaker(language):
    for speaker in draw_cast(np.random.default_rng(2), 4, language):
        assert median_pitch(speaker, ANGER) > 1.2 * median_pitch(speaker, SADNESS)


def test_surprise_ends_on_a_rise():
    def rise(emotion):
        tracks = [pitch_track(say(PLAIN, emotion, seed, 1.4)) for seed in range(8)]
        return np.median([np.log2(track[-len(track) // 5 :].max() / np.median(track)) for track in tracks])

    assert 12 * (rise(SURPRISE) - rise(NEUTRAL)) > 3.0


def test_angry_voices_are_bright():
    def brightness(emotion):
        samples = np.concatenate([say(PLAIN, emotion, seed) for seed in range(6)])
        return band_level(samples, 2000, 4000) - band_level(samples, 100, 1000)

    assert brightness(ANGER) > max(brightness(NEUTRAL), brightness(SADNESS)) + 3.0


def test_sad_speech_is_slow():
    fast, slow = (
        len(draw_syllables(np.random.default_rng(0), "English", PLAIN.rate * 2.0**emotion.rate, 2.0))
        for emotion in (ANGER, SADNESS)
    )
    assert fast > 1.5 * slow


def test_mandarin_syllables_carry_lexical_tones_and_english_ones_accents():
    rng = np.random.default_rng(0)
    tones = {syllable.melody for _ in range(40) for syllable in draw_syllables(rng, "Mandarin", 5.0, 1.2)}
    accents = {syllable.melody for _ in range(40) for syllable in draw_syllables(rng, "English", 5.0, 1.2)}
    assert len(tones) == 4
    assert len(accents) > 100
    falls = [melody[0] - melody[-1] for melody in tones]
    assert max(falls) > 5.0
    assert min(falls) < -2.0


def test_syllables_fill_the_utterance_without_gaps():
    syllables = draw_syllables(np.random.default_rng(5), "English", 5.0, 1.3)
    ends = [syllable.start + syllable.length for syllable in syllables]
    np.testing.assert_allclose(ends[:-1], [syllable.start for syllable in syllables[1:]])
    assert ends[-1] == pytest.approx(1.3)


def test_speakers_differ_in_pitch_tract_and_style():
    cast = draw_cast(np.random.default_rng(0), 200, "English")
    women, men = cast[::2], cast[1::2]
    assert {speaker.sex for speaker in women} == {"female"}
    assert min(speaker.pitch for speaker in cast) >= 90.0
    assert max(speaker.pitch for speaker in cast) <= 260.0
    assert np.mean([s.pitch for s in women]) > 1.5 * np.mean([s.pitch for s in men])
    assert np.mean([s.formants for s in women]) > 1.1 * np.mean([s.formants for s in men])
    assert len({speaker.style for speaker in cast}) == 200


def test_emotions_add_scale_and_mix():
    assert Emotion() == NEUTRAL
    assert ANGER.scaled(0.0) == NEUTRAL
    assert ANGER + NEUTRAL == ANGER
    assert ANGER.mixed(SADNESS, 0.25).pitch == pytest.approx(0.75 * ANGER.pitch + 0.25 * SADNESS.pitch)
    assert ANGER.styled([2.0] * len(fields(Emotion))) == ANGER.scaled(2.0)
    bold = replace(PLAIN, habit=Emotion(tilt=1.0))
    assert bold.express(ANGER).tilt == ANGER.tilt + 1.0
