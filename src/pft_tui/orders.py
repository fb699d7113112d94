"""What a worker can be told to do: one JSON line each in its inbox."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from pft_tui.specs import CorpusRef, ModelSpec, TrialSpec


@dataclass(frozen=True)
class Prepare:
    """Decode the audio of a corpus, as its listing has it, into the audio cache."""

    job_id: str
    corpus: CorpusRef
    attempt: int
    kind: Literal["prepare"] = "prepare"


@dataclass(frozen=True)
class Prefinetune:
    """Pre-finetune one model, or go on with it from its last epoch."""

    model: ModelSpec
    attempt: int
    kind: Literal["prefinetune"] = "prefinetune"


@dataclass(frozen=True)
class RunTrials:
    """A bundle: trials of one model (None for the methods without an encoder) and one speaker.

    `attempts` says, by trial id, the how manieth attempt at each this is, from 1.
    """

    model: ModelSpec | None
    trials: tuple[TrialSpec, ...]
    attempts: dict[str, int]
    kind: Literal["trials"] = "trials"


Order = Prepare | Prefinetune | RunTrials
_ORDER: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="kind")])


def send(order: Order, inbox: Path) -> None:
    """Append the order to a worker's inbox, in one write."""
    with inbox.open("ab") as file:
        file.write(_ORDER.dump_json(order) + b"\n")


def receive(line: bytes) -> Order:
    """The order in a whole line of an inbox."""
    return _ORDER.validate_json(line)
