"""Rows of files of trials that were run elsewhere: the released code's results, and exports of pft-tui."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pft_tui.events import ImportedTrial, Small
from pft_tui.settings.model import Seed
from pft_tui.specs import BASE, identify

FINISHED, FAILED = "finished", "failed"
RELEASED_PROTOCOL = "released"
RELEASED_CORPORA = {
    "iemocap_emotion": "iemocap",
    "mandarin_aff": "mandarin_as",
    "msp_improv": "msp_improv",
    "msp_podcast": "msp_podcast",
}

Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]
Shots = Annotated[Small, Field(ge=1)]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where trials come from: the source as its user names it, and the encoder where the file does not."""

    source: str
    encoder: str

    def trial(self, values: dict[str, Any]) -> ImportedTrial:
        """The trial with these values, its protocol, its id and that of its model being the source's own."""
        protocol, corpora = f"{values['protocol']}@{self.source}", values["corpora"]
        start = _start_id(protocol, values["encoder"], None if corpora is None else tuple(corpora))
        cell = (values["speaker"], values["emotion"], values["k"], values["trial"], values["seed"])
        own = {
            "trial_id": identify(start, values["method"], values["downstream"], *cell),
            "model_id": None if corpora is None else start,
            "protocol": protocol,
        }
        return ImportedTrial(**values | own)


@cache
def _start_id(protocol: str, encoder: str | None, corpora: tuple[str, ...] | None) -> str:
    """The id of what trials start from; the source is part of the protocol."""
    return identify("imported", protocol, encoder, corpora)


def _released_corpora(text: object) -> object:
    """`base`, or the released code's names of corpora joined by `-`, as lists of this project's names."""
    names = [] if text == "base" else str(text).split("-")
    if len(set(names)) < len(names) or not RELEASED_CORPORA.keys() >= set(names):
        known = ", ".join(RELEASED_CORPORA)
        raise ValueError(f"neither 'base' nor names joined by '-' of {known}")
    return sorted(RELEASED_CORPORA[name] for name in names)


def _esd_speaker(text: object) -> object:
    """A speaker of ESD as its folder is called, even if a spreadsheet took it for a number."""
    return text.zfill(4) if isinstance(text, str) else text


def _lowered(text: object) -> object:
    """An emotion of ESD as its reader calls it: the released code takes the folders' capitals."""
    return text.lower() if isinstance(text, str) else text


class ReleasedRow(BaseModel):
    """A row of `scaled_esd_downstream.csv`, as the code released with the paper writes it.

    Its weighted F1 has labels and predictions swapped and so weighs the classes by how often they were
    predicted: it is another score than ours, and is left out. Accuracy and macro F1 do not depend on the
    order.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)

    corpora: Annotated[list[str], BeforeValidator(_released_corpora)]
    speaker: Annotated[Name, BeforeValidator(_esd_speaker)]
    language: Name
    emotion: Annotated[Name, BeforeValidator(_lowered)]
    k: Shots
    trial: Small
    accuracy: Fraction
    macro_f1: Fraction
    weighted_f1: Fraction

    def left_out(self) -> str | None:
        """Why the row is no trial to import; a released one always is."""
        return None

    def imported(self, origin: Origin) -> ImportedTrial:
        """The trial as it is stored. One global seed drew all examples, so none is told from another."""
        known_of_all = {
            "method": "finetune",
            "protocol": RELEASED_PROTOCOL,
            "encoder": origin.encoder,
            "downstream": "esd",
            "seed": 0,
            "status": FINISHED,
        }
        return origin.trial(self.model_dump(exclude={"weighted_f1"}) | known_of_all)


def _from_json(value: object) -> object:
    """A list, also from the JSON that it is in CSV."""
    return json.loads(value) if isinstance(value, str) else value


Texts = Annotated[list[str], BeforeValidator(_from_json)]


class ExportedRow(BaseModel):
    """A row of the table `trials` of another workspace, as `pft export trials` writes it."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    trial_id: Name
    corpora: Texts | None
    method: Name
    protocol: Name
    encoder: Name | None
    downstream: Name
    speaker: Name
    language: Name | None
    emotion: Name
    k: Shots
    trial: Small
    seed: Seed
    status: Name
    epochs: Small | None
    best_epoch: Small | None
    val_macro_f1: Fraction | None
    accuracy: Fraction | None
    macro_f1: Fraction | None
    weighted_f1: Fraction | None
    seconds: Seconds | None
    device: str | None
    examples: Texts | None
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None
    superseded: bool
    source: str | None = None

    @model_validator(mode="after")
    def _has_what_it_claims(self) -> ExportedRow:
        if self.status == FINISHED and self.macro_f1 is None:
            raise ValueError("a finished trial without macro_f1")
        if (self.corpora is None) != (self.encoder is None):
            raise ValueError("corpora without an encoder, or an encoder without corpora")
        if any(name == BASE or "+" in name for name in self.corpora or ()):
            raise ValueError("corpora cannot be called 'base' or have '+' in their names")
        if len(set(self.corpora or ())) < len(self.corpora or ()):
            raise ValueError("a corpus stands twice among the corpora")
        return self

    def left_out(self) -> str | None:
        """Why the row is no trial to import; None if it is."""
        if self.source is not None:
            return "from elsewhere themselves"
        if self.superseded:
            return "superseded"
        return None if self.status in (FINISHED, FAILED) else self.status

    def imported(self, origin: Origin) -> ImportedTrial:
        """The trial as it is stored."""
        values = self.model_dump(exclude={"trial_id", "source", "superseded"})
        values |= {
            "original_id": self.trial_id,
            "corpora": None if self.corpora is None else sorted(self.corpora),
            "started_at": _seconds(self.started_at),
            "finished_at": _seconds(self.finished_at),
        }
        return origin.trial(values)


def _seconds(time: datetime | None) -> float | None:
    """Seconds since the epoch; a time without a zone is UTC."""
    if time is None:
        return None
    return (time.replace(tzinfo=UTC) if time.tzinfo is None else time).timestamp()
