"""What the frozen parts of an encoder make of utterances: the same whoever asks, so that it can be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor, nn

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.protocols import Recipe
from pft_tui.specs import identify
from pft_tui.training.arithmetic import autocast
from pft_tui.training.data import RATE, Audio, waveforms
from pft_tui.training.feature_cache import FeatureCache, Shelf

CNN_SETTINGS = (
    "model_type",
    "conv_dim",
    "conv_kernel",
    "conv_stride",
    "conv_bias",
    "feat_extract_norm",
    "feat_extract_activation",
)
VOLATILE = ("_name_or_path", "transformers_version", "architectures", "dtype", "torch_dtype")
"""What a config says of the file that it came from and not of the encoder."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where on the disk to keep what is computed once, and `whose` utterances it is computed of.

    The CNN's output is read from there wherever it is found, and written where `shares_cnn` says that
    encoders to come have the same CNN.
    """

    cache: FeatureCache
    whose: str
    shares_cnn: bool


class FrozenCnn:
    """The output of an encoder's CNN; each utterance is computed alone, whatever is asked for with it."""

    def __init__(self, encoder: Encoder, recipe: Recipe, device: torch.device, kept: Kept | None) -> None:
        self._encoder, self._recipe, self._device = encoder, recipe, device
        self._writes = kept is not None and kept.shares_cnn
        self._shelf: Shelf | None = None
        if kept is not None:
            config = {name: getattr(encoder.model.config, name, None) for name in CNN_SETTINGS}
            part = identify("cnn", config, weights_digest(encoder.model.feature_extractor))
            self._shelf = kept.cache.shelf(shelf_name(part, encoder, recipe, device, kept))

    def __call__(self, audio: Sequence[Audio], lengths: Sequence[int]) -> list[Tensor]:
        """The frames (F, C) of each utterance, on the device. `lengths` are what `heard` says of them."""
        return [self._frames(samples, length) for samples, length in zip(audio, lengths, strict=True)]

    def _frames(self, samples: Audio, length: int) -> Tensor:
        if self._shelf is None:
            return self._computed(samples, length)
        name = utterance_digest(samples, length)
        found = self._shelf.get(name)
        if found is not None:
            return found.to(self._device)
        frames = self._computed(samples, length)
        if self._writes:
            self._shelf.put(name, frames)
        return frames

    def _computed(self, samples: Audio, length: int) -> Tensor:
        padded = waveforms([samples], crop_seconds=self._recipe.crop_seconds, device=self._device).values
        alone = Ragged.full(nn.functional.pad(padded, (0, length - padded.shape[1])))  # cuts, too
        with torch.no_grad(), autocast(self._recipe.precision, self._device):
            return self._encoder.features(self._encoder.normalise(alone)).values[0].contiguous()


def heard(audio: Sequence[Audio], recipe: Recipe) -> list[int]:
    """How many samples are heard of each utterance of a split: its own up to the crop, or with padding all
    as many as of the longest.
    """
    most = round(recipe.crop_seconds * RATE)
    lengths = [min(len(samples), most) for samples in audio]
    return lengths if recipe.padding == "none" else [max(lengths)] * len(lengths)


def shelf_name(part: str, encoder: Encoder, recipe: Recipe, device: torch.device, kept: Kept) -> str:
    """What the output of a frozen `part` depends on beside the utterance, down to its last bit."""
    with autocast(recipe.precision, device):
        is_mixed = torch.is_autocast_enabled(device.type)
        dtype = torch.get_autocast_dtype(device.type) if is_mixed else torch.float32
    heard_as = (bool(encoder.extractor.do_normalize), recipe.crop_seconds)
    arithmetic = (str(dtype), torch.are_deterministic_algorithms_enabled(), torch.__version__)
    return identify(part, heard_as, arithmetic, _hardware(device), kept.whose)


def encoder_digest(encoder: Encoder) -> str:
    """The hash of an encoder's settings and weights."""
    config = {key: value for key, value in encoder.model.config.to_dict().items() if key not in VOLATILE}
    return identify("encoder", config, weights_digest(encoder.model))


def weights_digest(module: nn.Module) -> str:
    """The hash of all weights and buffers of a module, with their names."""
    digest = blake2b(digest_size=16)
    for name, tensor in module.state_dict().items():
        host = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {host.dtype} {tuple(host.shape)}\n".encode())
        digest.update(host.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def utterance_digest(samples: Audio, length: int) -> str:
    """The hash of what is heard of an utterance: so many samples, zeros after its end."""
    own = samples[:length]
    digest = blake2b(f"{own.dtype} {length}\n".encode(), digest_size=16)
    digest.update(own.tobytes())
    return digest.hexdigest()


def batch_digest(audio: Sequence[Audio], lengths: Sequence[int]) -> str:
    """The hash of what is heard of a batch: in another one an utterance's last bits may be others."""
    return identify([utterance_digest(*each) for each in zip(audio, lengths, strict=True)])


def _hardware(device: torch.device) -> tuple[str, str, int]:
    """What kernels are chosen by: the same on the same kind of device with as many threads."""
    if device.type == "cuda":
        return device.type, torch.cuda.get_device_name(device), 0
    processor = torch.cpu.get_capabilities().get("cpu_name", "")
    return str(processor), torch.backends.cpu.get_cpu_capability(), torch.get_num_threads()
