"""SpecAugment on hidden frames, drawn on the host so that the device is never waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pft_tui.encoders.hugging_face import HfConfig


@dataclass(frozen=True, slots=True)
class Spans:
    """How many spans are masked along one axis, and how long they are.

    Each of n steps starts a span with chance `chance / length`; at least `at_least` spans are drawn.
    """

    chance: float
    length: int
    at_least: int

    def draw(self, steps: int, width: int, generator: torch.Generator | None) -> Tensor:
        """(width,) bool: the masked ones of `steps` steps, all others False.

        As many spans as in transformers' own SpecAugment over an utterance alone: `chance * steps /
        length`, rounded up or down at random, each starting elsewhere and none past the end.
        """
        masked = torch.zeros(width, dtype=torch.bool)
        starts = steps - self.length + 1
        rounding = torch.rand([], generator=generator).item()
        count = max(int(self.chance * steps / self.length + rounding), self.at_least)
        count = min(count, steps // self.length, starts)
        if count > 0:
            begin = torch.randperm(starts, generator=generator)[:count, None]
            masked[(begin + torch.arange(self.length)).flatten()] = True
        return masked


@dataclass(frozen=True, slots=True)
class SpecMask:
    """What one step masks: `frames` (B, F) and `channels` (B, D), bool; None where nothing is."""

    frames: Tensor | None
    channels: Tensor | None

    def to(self, device: torch.device | str) -> SpecMask:
        """The same masks on another device, without waiting for it."""
        frames, channels = (
            mask if mask is None else mask.to(device, non_blocking=True)
            for mask in (self.frames, self.channels)
        )
        return SpecMask(frames, channels)

    def apply(self, hidden: Tensor, embedding: Tensor) -> Tensor:
        """`hidden` (B, F, D) with masked frames set to `embedding` (D,) and masked channels to zero."""
        if self.frames is not None:
            hidden = torch.where(self.frames[..., None], embedding.to(hidden.dtype), hidden)
        if self.channels is not None:
            hidden = hidden.masked_fill(self.channels[:, None], 0)
        return hidden


@dataclass(frozen=True, slots=True)
class SpecAugment:
    """SpecAugment as a checkpoint's config asks for it (Park et al. 2019, on hidden frames)."""

    frames: Spans
    channels: Spans
    width: int

    @classmethod
    def of(cls, config: HfConfig) -> SpecAugment | None:
        """What `config` asks for; None where that is nothing."""
        if not getattr(config, "apply_spec_augment", True):
            return None
        if config.mask_time_prob <= 0 and config.mask_feature_prob <= 0:
            return None
        return cls(
            Spans(config.mask_time_prob, config.mask_time_length, config.mask_time_min_masks),
            Spans(
                config.mask_feature_prob,
                config.mask_feature_length,
                getattr(config, "mask_feature_min_masks", 0),  # WavLM has no such setting
            ),
            config.hidden_size,
        )

    def draw(self, counts: Sequence[int], padded: int, generator: torch.Generator | None = None) -> SpecMask:
        """Masks, on the CPU, for a batch of utterances of so many frames, `padded` frames with their padding.

        Drawn from `generator`, or from torch's own on the CPU. The padding is neither masked nor counted.
        """
        frames = channels = None
        if self.frames.chance > 0:
            frames = torch.stack([self.frames.draw(count, padded, generator) for count in counts])
        if self.channels.chance > 0:
            channels = torch.stack([self.channels.draw(self.width, self.width, generator) for _ in counts])
        return SpecMask(frames, channels)
