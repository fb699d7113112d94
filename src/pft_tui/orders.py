"""What a worker can be told to do: one JSON line each in its inbox.

`at` is when an order was given, in seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from signal import SIGUSR1
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from pft_tui.specs import CorpusRef, ModelSpec, TrialSpec

# The signal that tells a worker to end the trial at hand and then go.
AFTER_THIS_TRIAL = SIGUSR1


@dataclass(frozen=True)
class Prepare:
    """Decode the audio of a corpus, as its listing has it, into the audio cache."""

    job_id: str
    corpus: CorpusRef
    attempt: int
    at: float
    kind: Literal["prepare"] = "prepare"


@dataclass(frozen=True)
class Rank:
    """One of the processes that train a model together: the slot that it takes, and that slot's device."""

    slot: int
    device: str


@dataclass(frozen=True)
class Prefinetune:
    """Pre-finetune one model, or go on with it from its last epoch.

    Several `ranks` do it together, the first in the slot of the worker that gets the order; without any it
    does so alone.
    """

    model: ModelSpec
    attempt: int
    at: float
    ranks: tuple[Rank, ...] = ()
    kind: Literal["prefinetune"] = "prefinetune"


@dataclass(frozen=True)
class RunTrials:
    """A bundle: trials of one model (None for the methods without an encoder) and one speaker.

    `attempts` says, by trial id, the how manieth attempt at each this is, from 1. What frozen parts of
    the encoder give may fill `cache_limit` bytes of a disk on which `cache_floor` bytes stay free.
    """

    model: ModelSpec | None
    trials: tuple[TrialSpec, ...]
    attempts: dict[str, int]
    at: float
    cache_limit: int = 0
    cache_floor: int = 0
    kind: Literal["trials"] = "trials"


Order = Prepare | Prefinetune | RunTrials
_ORDER: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="kind")])


def send(order: Order, inbox: Path) -> None:
    """Append the order to a worker's inbox, in one write."""
    with inbox.open("ab") as file:
        file.write(line_of(order))


def line_of(order: Order) -> bytes:
    """The order as a whole line of an inbox."""
    return _ORDER.dump_json(order) + b"\n"


def receive(line: bytes) -> Order:
    """The order in a whole line of an inbox."""
    return _ORDER.validate_json(line)


def last_order(inbox: Path) -> Order | None:
    """The newest whole order of an inbox, None where there is none."""
    try:
        lines = inbox.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    return receive(lines[-1]) if lines else None


def attempts_of(order: Order) -> dict[str, int]:
    """The jobs of an order, each with the number of the attempt that it is, from 1."""
    if isinstance(order, Prepare):
        return {order.job_id: order.attempt}
    if isinstance(order, Prefinetune):
        return {order.model.model_id: order.attempt}
    return dict(order.attempts)
