"""An encoder that gives each utterance of a batch what it gives that utterance alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from pft_tui.encoders import cnn
from pft_tui.encoders.augment import SpecAugment, SpecMask
from pft_tui.encoders.features import normalise
from pft_tui.encoders.hugging_face import HfExtractor, HfModel, quiet
from pft_tui.encoders.ragged import Ragged
from pft_tui.encoders.transformer import Contextualise
from pft_tui.errors import CheckpointError


class Encoder(nn.Module):
    """A speech encoder of transformers over ragged batches.

    `model` is the untouched model of transformers, `extractor` its feature extractor. Dropout, layerdrop
    and SpecAugment are on in training mode as the model's config says, and draw from torch's generators.
    """

    def __init__(self, model: HfModel, extractor: HfExtractor, contextualise: Contextualise) -> None:
        super().__init__()
        config = model.config
        self.model = model
        self.extractor = extractor
        self.hidden_size: int = config.hidden_size
        self.layers: int = config.num_hidden_layers
        self.minimum_samples = cnn.receptive_field(config.conv_kernel, config.conv_stride)
        self.augment = SpecAugment.of(config)
        self._contextualise = contextualise

    def normalise(self, waveforms: Ragged) -> Ragged:
        """`waveforms` (B, T) at 16 kHz as the encoder's preprocessor settings want them."""
        return normalise(waveforms) if self.extractor.do_normalize else waveforms

    def forward(self, waveforms: Ragged, mask: SpecMask | None = None) -> Ragged:
        """The hidden states (B, F, D) of normalised `waveforms` (B, T).

        An utterance of fewer than `minimum_samples` is filled up with zeros and makes one frame. `mask`
        is as for `contextualise`.
        """
        return self.contextualise(self.features(waveforms), mask)

    def encode_padded(self, waveforms: Tensor) -> Ragged:
        """The hidden states of `waveforms` (B, T) where the padding counts as speech.

        This is the plain model with no attention mask, as the paper's released code uses it.
        """
        return self.forward(Ragged.full(waveforms))

    def features(self, waveforms: Ragged) -> Ragged:
        """The output of the CNN, (B, F, C): all that comes before the first thing that is ever random."""
        waveforms = cnn.lengthen(waveforms, self.minimum_samples)
        return cnn.convolve(self.model.feature_extractor, self.model.config, waveforms)

    def contextualise(self, features: Ragged, mask: SpecMask | None = None) -> Ragged:
        """The hidden states (B, F, D) of the CNN's output `features` (B, F, C).

        In training mode SpecAugment masks what `mask` says; without it a mask is drawn, for which the
        lengths are read from the device if `features` does not know them.
        """
        projected = self.model.feature_projection(features.values)
        hidden = projected[0] if isinstance(projected, tuple) else projected
        if self.training and self.augment is not None:
            if mask is None:
                counts = features.known or features.lengths.tolist()
                mask = self.augment.draw(counts, hidden.shape[1]).to(hidden.device)
            hidden = mask.apply(hidden, self.model.masked_spec_embed)
        states = self._contextualise(self.model.encoder, hidden, features.padding())
        return Ragged(states, features.lengths, features.known)

    def pooled_layers(self, features: Ragged) -> Tensor:
        """The mean over its frames of what goes into each layer, and of what comes out: (B, layers + 1, D).

        These are the means of transformers' `hidden_states`, in float32, for the CNN's output `features`
        (B, F, C). The encoder has to be in evaluation mode, as layerdrop would leave out layers.
        """
        pooled: list[Tensor] = []

        def pool(states: Tensor) -> None:
            pooled.append(Ragged(states.float(), features.lengths, features.known).pooled())

        hooks = [
            layer.register_forward_pre_hook(lambda _layer, inputs: pool(inputs[0]))
            for layer in self.model.encoder.layers
        ]
        try:
            pool(self.contextualise(features).values)
        finally:
            for hook in hooks:
                hook.remove()
        return torch.stack(pooled, dim=1)

    def frames(self, samples: Sequence[int]) -> list[int]:
        """How many frames utterances of so many samples make: one each 20 ms, and at least one."""
        config = self.model.config
        return [
            cnn.frames(max(count, self.minimum_samples), config.conv_kernel, config.conv_stride)
            for count in samples
        ]

    def freeze_cnn(self) -> None:
        """Train the CNN no further; what follows it (the projection included) still learns."""
        self.model.feature_extractor.requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """As nn.Module.train; the batch norm that some HuBERTs have keeps the checkpoint's statistics.

        Those of a batch would tie its utterances to each other.
        """
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.eval()
        return self

    def save(self, folder: Path) -> None:
        """Write the encoder in Hugging Face format, in place of what `folder` holds.

        The folder is written beside and then renamed, so that no reader meets half of it. Raises
        CheckpointError where it cannot be written.
        """
        partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
        try:
            with quiet():
                self.model.save_pretrained(partial)
                self.extractor.save_pretrained(partial)
            for path in partial.iterdir():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            if folder.exists():
                shutil.rmtree(folder)
            partial.rename(folder)
        except (OSError, SafetensorError) as error:
            raise CheckpointError(
                f"cannot write the encoder to {folder}: {error}", hint="is the disk full?"
            ) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
