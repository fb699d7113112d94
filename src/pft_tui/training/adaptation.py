"""What every way to adapt an encoder is given, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import torch
from torch import nn

from pft_tui.encoders.encoder import Encoder
from pft_tui.protocols import Recipe
from pft_tui.registry import WAYS, lookup, resolve
from pft_tui.training.data import SpeakerData
from pft_tui.training.frozen import Kept

Inputs = TypeVar("Inputs")


@dataclass(frozen=True, slots=True)
class Start:
    """What trials start from: the encoder on its device, a speaker's utterances, a recipe, the classes.

    `kept` is where what a frozen part of the encoder gives may be read and written.
    """

    encoder: Encoder
    data: SpeakerData
    recipe: Recipe
    classes: int
    device: torch.device
    kept: Kept | None = None


class Headed(nn.Module):
    """A module that ends in a linear head, which every trial starts with anew."""

    head: nn.Linear


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Adapted(Generic[Inputs]):
    """An encoder made ready to learn, for all trials of a speaker that start alike.

    `model` maps a batch of inputs to logits (B, classes); what of it requires a gradient learns, and goes
    back to its first values before every trial. `renew` then draws, from torch's generators, what else
    starts anew beside the head. `picker` takes the indices of the drawn training utterances, and gives
    what turns places among them into batches, each with its own share of the places. `evaluation` and
    `test` are the splits in batches, each with the indices of its utterances. All is on the device.
    """

    model: Headed
    picker: Callable[[Sequence[int]], Callable[[Sequence[int]], Sequence[tuple[Sequence[int], Inputs]]]]
    evaluation: Sequence[tuple[Sequence[int], Inputs]]
    test: Sequence[tuple[Sequence[int], Inputs]]
    renew: Callable[[], None] = _nothing


AnyAdapted: TypeAlias = Adapted[Any]
"""Whatever the inputs are: the model and the batches come from the same way, and fit each other."""


def adapted(start: Start) -> AnyAdapted:
    """The encoder made ready in the way of the recipe. The way may change the encoder, but not its values.

    Raises SpecError where the way needs a package that is not installed.
    """
    way = resolve(lookup(WAYS, start.recipe.adapt, "way to adapt"))
    assert callable(way)
    made: AnyAdapted = way(start)
    return made
