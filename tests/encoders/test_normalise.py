from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2FeatureExtractor

from pft_tui.encoders.features import normalise
from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged

EXTRACTOR = Wav2Vec2FeatureExtractor(do_normalize=True)


def extracted(waveform):
    return np.asarray(EXTRACTOR(waveform.numpy(), sampling_rate=16_000)["input_values"][0])


@pytest.mark.parametrize("known", [True, False])
def test_a_batch_is_normalised_as_the_extractor_does_each_utterance(known, speech):
    waveforms = [*speech(16_000, 401, 57, 80_000), torch.zeros(900), torch.full((500,), 0.25), torch.ones(1)]
    batch = Ragged.pad(waveforms)
    if not known:
        batch = Ragged(batch.values, batch.lengths)
    normal = normalise(batch)
    for row, waveform in enumerate(waveforms):
        expected = extracted(waveform)
        assert np.abs(normal.values[row, : len(waveform)].numpy() - expected).max() < 1e-5
        assert not normal.values[row, len(waveform) :].any()
    assert normal.lengths is batch.lengths
    assert normal.known is batch.known


def test_a_batch_agrees_with_the_extractor_on_the_batch(speech):
    waveforms = speech(16_000, 4_000, 8_000)
    padded = EXTRACTOR(
        [waveform.numpy() for waveform in waveforms],
        sampling_rate=16_000,
        padding=True,
        return_attention_mask=True,
    )
    ours = normalise(Ragged.pad(waveforms)).values.numpy()
    assert np.abs(ours - np.stack(padded["input_values"])).max() < 1e-5


def test_utterances_of_one_length_need_no_mask(speech):
    waveforms = speech(700, 700)
    normal = normalise(Ragged.pad(waveforms)).values
    for row, waveform in enumerate(waveforms):
        assert np.abs(normal[row].numpy() - extracted(waveform)).max() < 1e-5


@pytest.mark.parametrize(
    ("name", "normalises"),
    [
        ("random:tiny", True),
        ("random:hubert-tiny", True),
        ("random:wavlm-tiny", False),
        ("random:wavlm-tiny-ln", True),
        ("random:data2vec-tiny", True),
    ],
)
def test_an_encoder_normalises_as_its_family_does(name, normalises, speech):
    encoder, batch = load_encoder(name), Ragged.pad(speech(4_000, 3_000))
    assert encoder.extractor.do_normalize is normalises
    assert torch.equal(encoder.normalise(batch).values, batch.values) is not normalises
