"""Waveforms as the encoder's own preprocessor settings want them."""

from __future__ import annotations

from pft_tui.encoders.ragged import Ragged, standardise

EPSILON = 1e-7  # that of transformers' Wav2Vec2FeatureExtractor


def normalise(waveforms: Ragged) -> Ragged:
    """Bring each utterance's own samples to zero mean and unit variance; the padding becomes zero.

    `waveforms.values`: (B, T) float32. Agrees with Wav2Vec2FeatureExtractor(do_normalize=True) on each
    utterance alone.
    """
    values = waveforms.values.float()
    centred, factor = standardise(values, waveforms.padding(), waveforms.lengths[:, None], EPSILON)
    return Ragged(centred * factor, waveforms.lengths, waveforms.known)
