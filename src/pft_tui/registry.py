"""What can be named in settings, each by the import path of its code: nothing is imported until used."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from pft_tui.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be named: `target` is `module:attribute`, `title` what a person calls it."""

    target: str
    title: str


@dataclass(frozen=True, slots=True)
class Way(Entry):
    """A way to adapt an encoder; `title` is what learns. Its protocol sets `recipe` over the paper's."""

    recipe: Mapping[str, float] = field(default_factory=dict)


CORPORA: dict[str, Entry] = {
    "crema_d": Entry("pft_tui.corpora.crema_d:READER", "CREMA-D"),
    "emodb": Entry("pft_tui.corpora.emodb:READER", "Berlin Database of Emotional Speech (EmoDB)"),
    "esd": Entry("pft_tui.corpora.esd:READER", "Emotional Speech Dataset (ESD)"),
    "iemocap": Entry("pft_tui.corpora.iemocap:READER", "IEMOCAP"),
    "mandarin_as": Entry("pft_tui.corpora.mandarin_as:READER", "Mandarin Affective Speech (LDC2007S09)"),
    "manifest": Entry("pft_tui.corpora.manifest:READER", "Any audio with a CSV, JSON Lines or Parquet table"),
    "msp_improv": Entry("pft_tui.corpora.msp_improv:READER", "MSP-IMPROV"),
    "msp_podcast": Entry("pft_tui.corpora.msp_podcast:READER", "MSP-PODCAST"),
    "ravdess": Entry("pft_tui.corpora.ravdess:READER", "RAVDESS"),
    "savee": Entry("pft_tui.corpora.savee:READER", "Surrey Audio-Visual Expressed Emotion (SAVEE)"),
    "tess": Entry("pft_tui.corpora.tess:READER", "Toronto Emotional Speech Set (TESS)"),
}

ENCODER = "encoder"
"""The way of the paper's protocols, which have names of their own."""
WAYS: dict[str, Way] = {
    ENCODER: Way("pft_tui.training.whole:adapt", "the encoder's weights, with or without the CNN's"),
    "head": Way(
        "pft_tui.training.probe:adapt",
        "a linear probe on the pooled states of all layers",
        {"freeze_cnn": True, "learning_rate": 1e-2, "batch_size": 64, "accumulation": 1},
    ),
    "lora": Way(
        "pft_tui.training.lora:adapt",
        "low-rank adapters of the attention (extra `lora`)",
        {"freeze_cnn": True, "learning_rate": 3e-4},
    ),
}


def lookup(table: Mapping[str, Entry], name: str, kind: str) -> Entry:
    """The entry called `name`. Raises SettingsError, which names the nearest known one, if there is none."""
    return table[lookup_name(name, table, kind)]


def lookup_name(name: str, known: Collection[str], kind: str) -> str:
    """`name`, if it is known. Raises SettingsError, which names the nearest known one, if it is not."""
    if name not in known:
        raise SettingsError(f"unknown {kind} {name!r}", hint=near_miss(name, known))
    return name


def resolve(entry: Entry) -> object:
    """The object that an entry names, imported now."""
    module, _, attribute = entry.target.partition(":")
    found: object = getattr(import_module(module), attribute)
    return found


def near_miss(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known: the one it resembles, or else all that are."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
