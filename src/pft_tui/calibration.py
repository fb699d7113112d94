"""What a calibration is to measure and what it finds: JSON lines between `pft plan` and its workers."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import EncoderSpec, Method


@dataclass(frozen=True)
class TrialShapes:
    """Trials of one method to be timed, at each of `shots` by its own of the `recipes`.

    The last of them has several steps in an epoch, so that a step can be told from the evaluation.
    """

    method: Method
    shots: tuple[int, ...]
    recipes: tuple[Recipe, ...]


@dataclass(frozen=True)
class Request:
    """What is to be timed. Lengths are in seconds.

    Trials have `evaluation` and `test` utterances of these lengths, which are the shares
    `evaluation_share` and `test_share` of what a speaker has; `train` are the lengths that training
    utterances are taken from, of which a speaker has `train_utterances`, and `shots` all numbers of them
    that trials take. Pre-finetuning is timed on batches of each of the `widths`; `files` are
    paths of audio files to decode, by corpus.
    """

    encoder: EncoderSpec
    deterministic: bool
    trials: tuple[TrialShapes, ...]
    shots: tuple[int, ...]
    train: tuple[float, ...]
    train_utterances: int
    evaluation: tuple[float, ...]
    test: tuple[float, ...]
    evaluation_share: float
    test_share: float
    prefinetune: PrefinetuneSettings | None
    widths: tuple[float, ...]
    files: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds by the clock, and seconds of processor time."""

    wall: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Time) -> Time:
        return Time(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: Time) -> Time:
        """What is left, never less than nothing."""
        return Time(max(0.0, self.wall - other.wall), max(0.0, self.cpu - other.cpu))

    def __mul__(self, factor: float) -> Time:
        return Time(self.wall * factor, self.cpu * factor)


@dataclass(frozen=True)
class Sample:
    """One measurement of `what`."""

    what: str
    time: Time


@dataclass(frozen=True)
class Line:
    """One line of a worker that calibrates: some of what it can say.

    `memory` is what a slot needs for the trials, in bytes: in all, and of that in weights, passes and inputs.
    """

    ready: bool = False
    doing: str | None = None
    sample: Sample | None = None
    parameters: int | None = None
    memory: dict[str, int] | None = None
    error: str | None = None
    hint: str | None = None


REQUEST: TypeAdapter[Request] = TypeAdapter(Request)
LINE: TypeAdapter[Line] = TypeAdapter(Line)

START = "start"
"""A worker process, until it can compute."""
MODEL = "model"
"""What a pre-finetuning takes beside its epochs."""
CHECKPOINT = "checkpoint"
"""What follows an epoch of pre-finetuning before the next begins."""


def decoding(corpus: str) -> str:
    """Decoding one file of a corpus."""
    return f"decode/{corpus}"


def bundle(method: str) -> str:
    """What the trials of one model and speaker take together."""
    return f"bundle/{method}"


def encoding(*, alone: bool) -> str:
    """A pass over one utterance for its pooled states: of each alone, or of all of a split in batches."""
    return "encode/alone" if alone else "encode/batches"


def fixed(method: str, k: int) -> str:
    """What a trial takes beside its epochs: the draw, its inputs, the test."""
    return f"fixed/{method}/{k}"


def epoch(method: str, k: int) -> str:
    """An epoch of a trial, with its evaluation."""
    return f"epoch/{method}/{k}"


def step(method: str) -> str:
    """A step of a trial on a whole group of utterances."""
    return f"step/{method}"


def training_step(width: float) -> str:
    """A step of pre-finetuning, all batches of it `width` seconds long."""
    return f"training_step/{width:g}"


def validation(width: float) -> str:
    """Validating a pre-finetuning on one utterance of `width` seconds."""
    return f"validation/{width:g}"
