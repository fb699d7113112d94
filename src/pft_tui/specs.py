"""What is to be computed, frozen and free of torch: models and few-shot trials, each with its id.

An id is a hash of what decides the result, so that queueing a grid twice queues nothing twice and only
missing or failed cells run again. Where a corpus lies on disk, which device is used and how the work is
cut into bundles decide nothing and are not part of it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Literal

from pft_tui.protocols import Recipe
from pft_tui.registry import ENCODER
from pft_tui.settings.model import PrefinetuneSettings

# "noop" computes nothing: it is there to measure what everything around a trial costs.
Method = Literal["finetune", "constant", "compare2016", "noop"]
FINETUNE: Method = "finetune"
BASE = "base"
ALL_EMOTIONS = "all"


def identify(*parts: object) -> str:
    """A 16-digit hexadecimal id of plain data (anything that JSON can hold)."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class CorpusRef:
    """A corpus by its name in `pft.toml` and the digest of its listing."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """The encoder that a model starts from; `fingerprint` and `seed` identify it, wherever it lies.

    `seed` is 0 for all but a freshly initialised one.
    """

    name: str
    revision: str | None
    fingerprint: str
    seed: int = 0


@dataclass(frozen=True)
class ModelSpec:
    """An encoder pre-finetuned on a set of corpora; the empty set is the encoder as it is."""

    encoder: EncoderSpec
    corpora: tuple[CorpusRef, ...]
    settings: PrefinetuneSettings | None
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """The corpora's names, sorted."""
        return tuple(sorted(corpus.name for corpus in self.corpora))

    @property
    def corpus_set(self) -> str:
        """`base`, or the corpora's names joined by `+`."""
        return "+".join(self.names) or BASE

    @cached_property
    def model_id(self) -> str:
        """The hash of encoder, corpora, settings and seed; of the encoder alone for the empty set."""
        encoder = (self.encoder.fingerprint, self.encoder.seed)
        if not self.corpora or self.settings is None:
            return identify("model", encoder)
        corpora = sorted((corpus.name, corpus.digest) for corpus in self.corpora)
        return identify("model", encoder, corpora, self.settings.model_dump(), self.seed)


@dataclass(frozen=True)
class TrialSpec:
    """One few-shot trial: fine-tune a model on `k` utterances of a speaker, test it on the speaker's own.

    `model_id` is None for the methods without an encoder. `emotion` is told from the rest, or `all` for a
    trial over all emotions at once. `trial` counts the draws of utterances from 0.
    """

    model_id: str | None
    method: Method
    protocol: str
    recipe: Recipe
    downstream: CorpusRef
    speaker: str
    language: str | None
    emotion: str
    k: int
    trial: int
    seed: int

    @cached_property
    def trial_id(self) -> str:
        """The hash of everything that decides the result."""
        recipe = _plain(self.recipe)
        downstream = (self.downstream.name, self.downstream.digest)
        cell = (self.speaker, self.emotion, self.k, self.trial, self.seed)
        return identify("trial", self.model_id, self.method, recipe, downstream, cell)


def prepare_id(corpus: CorpusRef) -> str:
    """The id of the job that decodes a corpus."""
    return identify("prepare", corpus.name, corpus.digest)


@lru_cache(maxsize=256)
def _plain(recipe: Recipe) -> dict[str, object]:
    """The recipe as plain data, made once: thousands of trials share it."""
    plain = asdict(recipe)
    if recipe.adapt == ENCODER:  # as it was before there were others: older trials keep their ids
        del plain["adapt"]
    return plain
