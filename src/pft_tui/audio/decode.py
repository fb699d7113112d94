"""One audio file to 16-bit mono samples at 16 kHz."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import torch
import torchaudio

from pft_tui.corpora.riff import TOLERATED_SECONDS, missing_seconds
from pft_tui.errors import AudioError

SAMPLE_RATE = 16_000
Samples = npt.NDArray[np.int16]


def decode(path: Path) -> tuple[Samples, int]:
    """The samples of a file, shape (samples,), and the sample rate in Hz that its header names.

    Channels are averaged; other rates are resampled with a windowed sinc (torchaudio's default filter).
    16-bit mono files at 16 kHz come through bit for bit. Raises AudioError where the file is missing,
    empty, not audio, shorter than its header says, or has samples that are no numbers.
    """
    if not path.is_file():
        raise AudioError(f"{path} does not exist")
    try:
        with soundfile.SoundFile(path) as file:
            rate, frames, channels = file.samplerate, file.frames, file.channels
            exact = file.subtype == "PCM_16" and channels == 1 and rate == SAMPLE_RATE
            samples = file.read(dtype="int16" if exact else "float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path} cannot be read as audio: {error.error_string}") from None
    except TypeError as error:  # soundfile's answer to a name that ends in .raw
        raise AudioError(f"{path} cannot be read as audio: {error}") from None
    if len(samples) == 0:
        raise AudioError(f"{path} holds no samples")
    missing = max(missing_seconds(path), (frames - len(samples)) / rate)
    if missing > TOLERATED_SECONDS:
        raise AudioError(f"{path} is truncated: its header says {missing:.2f} s more than there are")
    if exact:
        return samples[:, 0], rate
    mono = samples.mean(axis=1, dtype=np.float32)
    if not np.isfinite(mono).all():
        raise AudioError(f"{path} holds samples that are not finite numbers")
    return _to_16_bit(_resample(mono, rate)), rate


def _resample(mono: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    if rate == SAMPLE_RATE:
        return mono
    with torch.inference_mode():
        resampled: npt.NDArray[np.float32] = _resampler(rate)(torch.from_numpy(mono)).numpy()
    return resampled


@lru_cache(maxsize=16)
def _resampler(rate: int) -> torchaudio.transforms.Resample:
    return torchaudio.transforms.Resample(rate, SAMPLE_RATE)


def _to_16_bit(samples: npt.NDArray[np.float32]) -> Samples:
    """Full scale is 32768, as libsndfile has it; what is louder is clipped."""
    rounded: Samples = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return rounded
