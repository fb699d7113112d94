"""The sections of `pft.toml`: every key with its type, default, unit and a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from pft_tui.registry import ENCODER, WAYS

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=1 << 63)]
PositiveFloat = Annotated[float, Field(gt=0.0)]
Precision = Literal["auto", "fp32", "bf16"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]
PROTOCOLS = ("paper", "released", "frozen-cnn", *(name for name in WAYS if name != ENCODER))
if TYPE_CHECKING:
    Protocol = str
else:
    Protocol = Literal[PROTOCOLS]


def key(default: Any, description: str, unit: str | None = None) -> Any:  # noqa: ANN401 - a pydantic field takes any default
    """A key of `pft.toml` with its default, its sentence and its unit."""
    extra: dict[str, JsonValue] | None = {"unit": unit} if unit else None
    if isinstance(default, list | dict):
        return Field(
            default_factory=lambda: type(default)(default), description=description, json_schema_extra=extra
        )
    return Field(default=default, description=description, json_schema_extra=extra)


class Section(BaseModel):
    """A section: frozen, and with no key that is not named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CorpusSettings(Section):
    """One corpus. The section's name is the reader, unless `reader` names another."""

    root: Path = Field(description="Folder of the release, or the manifest file; relative to this file.")
    reader: str | None = key(None, "Reader of the release; the section's name where this is absent.")
    labels: str | None = key(None, "Label scheme of the reader (`pft corpora readers` lists them).")
    parts: str | None = key(None, "Parts of the release to read, where it has several.")
    keep: list[str] = key([], "Labels to keep; all where this is empty.")
    merge: dict[str, str] = key({}, "Labels to count as others, such as { excitement = 'happiness' }.")
    split: Literal["release", "utterance", "speaker"] = key(
        "release",
        "The release's own split (seeded by utterance where it has none), a seeded one by utterance, "
        "or one that shares no speaker.",
    )
    split_fractions: tuple[Fraction, Fraction, Fraction] = key(
        (0.8, 0.1, 0.1), "Shares of train, evaluation and test in a seeded split."
    )
    split_seed: int = key(0, "Seed of a seeded split.")
    language: str | None = key(
        None, "Language of every utterance, as an English name, over the reader's own."
    )
    extra: dict[str, str] = key({}, "The manifest reader's column names, such as { label = 'emotion' }.")


class EncoderSettings(Section):
    """The encoder that everything starts from."""

    name: str = key(
        "facebook/wav2vec2-base",
        "Hub id, folder in Hugging Face format, or `random:tiny` / `random:base` for a fresh one.",
    )
    revision: str | None = key(None, "Revision of a hub id: a branch, tag or commit.")


class PrefinetuneSettings(Section):
    """Pre-finetuning: one encoder, one linear head for each corpus, all trained together."""

    epochs: Positive = key(
        200, "Most epochs; one epoch draws as many utterances as the corpora hold.", "epochs"
    )
    patience: Positive = key(3, "Stop after so many epochs without a better validation loss.", "epochs")
    learning_rate: PositiveFloat = key(3e-5, "AdamW's peak learning rate.")
    weight_decay: Annotated[float, Field(ge=0.0)] = key(0.0, "AdamW's weight decay.")
    batch_size: Positive = key(8, "Utterances in one forward pass.", "utterances")
    accumulation: Positive = key(1, "Forward passes to one step of the optimiser.")
    warmup: Fraction = key(0.1, "Share of all steps over which the learning rate rises.")
    clip_norm: PositiveFloat = key(1.0, "Largest norm of the gradient.")
    crop_seconds: PositiveFloat = key(5.0, "Longer utterances are cut to their first seconds.", "seconds")
    sampling: Literal["size", "uniform", "temperature"] = key(
        "size", "How the corpus of an instance is drawn: by size, uniformly, or by size ** (1 / temperature)."
    )
    temperature: PositiveFloat = key(2.0, "Temperature of `sampling = 'temperature'`; 1 is by size.")
    freeze_cnn: bool = key(False, "Keep the convolutional feature encoder as it is.")
    precision: Precision = key(
        "auto", "Arithmetic: `auto` is bf16 where it is faster (GPUs, some CPUs), else fp32."
    )


class FinetuneSettings(Section):
    """Few-shot fine-tuning: a protocol, and what may be set over it."""

    protocol: Protocol = key(
        "paper",
        "The paper's text, its released code, the text with the convolutions frozen, or with another way to "
        f"adapt: {'; '.join(f'{name!r} trains {WAYS[name].title}' for name in PROTOCOLS if name in WAYS)}.",
    )
    task: Literal["binary", "multiclass"] | None = key(
        None, "One emotion against the rest, or all emotions at once; binary where absent."
    )
    epochs: Positive | None = key(None, "Most epochs, over the protocol's.", "epochs")
    patience: Positive | None = key(
        None, "Epochs without a better validation macro F1, over the protocol's.", "epochs"
    )
    learning_rate: PositiveFloat | None = key(None, "AdamW's peak learning rate, over the protocol's.")
    batch_size: Positive | None = key(
        None, "Utterances in a forward pass, over the protocol's.", "utterances"
    )
    accumulation: Positive | None = key(None, "Forward passes to a step, over the protocol's.")
    warmup: Fraction | None = key(
        None, "Share of all steps with a rising learning rate, over the protocol's."
    )
    crop_seconds: PositiveFloat | None = key(
        None, "Longer utterances are cut, over the protocol's.", "seconds"
    )
    precision: Precision = key(
        "auto", "Arithmetic: `auto` is bf16 where it is faster (GPUs, some CPUs), else fp32."
    )


class GridSettings(Section):
    """Which models are pre-finetuned and which few-shot trials are run from each."""

    prefinetune_on: list[Name] = key([], "Corpora to pre-finetune on; all but `downstream` where empty.")
    subsets: Literal["all"] | list[str] = key(
        "all", "The whole power set, or a list such as ['base', 'msp_podcast', 'iemocap+msp_podcast']."
    )
    downstream: Name = key("esd", "Corpus of the few-shot trials.")
    speakers: Literal["all"] | list[str] = key("all", "Speakers of the downstream corpus, or 'all'.")
    emotions: Literal["all"] | list[str] = key("all", "Emotions to tell from the rest, or 'all'.")
    shots: list[Positive] = key(
        [2, 4, 8, 16, 24, 32, 64], "Training utterances of a trial; half are positive.", "utterances"
    )
    trials: Positive = key(3, "Trials of each condition, each with its own draw of utterances.")
    seed: Seed = key(0, "Seed of everything that is drawn.")
    baselines: list[Literal["constant", "compare2016"]] = key(
        [],
        "Methods without an encoder: 'constant' and, with the extra `compare`, 'compare2016'.",
    )


class RunSettings(Section):
    """Where and how the work is done; nothing here changes a result."""

    executor: Literal["local", "ray"] = key(
        "local", "Where workers run: on this machine, or on a Ray cluster that it is part of (extra `ray`)."
    )
    address: str = key("auto", "The Ray cluster's address; 'auto' is the one that this machine is part of.")
    cluster_slots: Annotated[int, Field(ge=0)] = key(
        0, "Workers on the Ray cluster; 0 means as many as it has room for when the daemon starts."
    )
    shared_workspace: bool = key(
        False, "All nodes of the cluster see the workspace at its path, so that nothing is sent to them."
    )
    devices: Literal["auto", "cpu"] | list[str] = key(
        "auto", "GPUs such as ['cuda:0'], 'cpu', or all there are."
    )
    slots_per_gpu: Positive | Literal["auto"] = key(
        1, "Worker processes that share one GPU; 'auto' adds them while its memory has room for another."
    )
    gpu_memory_floor: Annotated[float, Field(ge=0.0)] = key(
        2.0, "GPU memory that must be free before a worker is started there.", "GiB"
    )
    disk_floor: Annotated[float, Field(ge=0.0)] = key(
        0.25, "Room on the workspace's disk that must be free before more work is begun.", "GiB"
    )
    feature_cache: Annotated[float, Field(ge=0.0)] = key(
        10.0,
        "Disk, at most, for what frozen parts of encoders gave, to be read again in place of being computed; "
        "0 keeps nothing.",
        "GiB",
    )
    cpu_slots: Annotated[int, Field(ge=0)] = key(
        0, "Worker processes without a GPU; 0 means one for each core, 8 at most."
    )
    devices_per_model: Positive = key(
        1,
        "Devices that pre-finetune one model together, each with its share of every step: GPUs, or slots "
        "without one.",
    )
    threads: Annotated[int, Field(ge=0)] = key(0, "Threads of a worker; 0 shares the cores out evenly.")
    attempts: Positive = key(2, "Tries at a trial or model before it counts as failed.")
    silence: PositiveFloat = key(
        60.0, "A worker that reports nothing for so long is presumed hung, and is replaced.", "minutes"
    )
    publish_seconds: PositiveFloat = key(2.0, "Longest age of `pft.duckdb` while work goes on.", "seconds")
    deterministic: bool = key(
        False, "Use only deterministic kernels: the same bits again on the same device type."
    )


class Settings(Section):
    """All of `pft.toml`."""

    corpora: dict[Name, CorpusSettings] = key({}, "The corpora, one section each.")
    encoder: EncoderSettings = key(EncoderSettings(), "The encoder.")
    prefinetune: PrefinetuneSettings = key(PrefinetuneSettings(), "Pre-finetuning.")
    finetune: FinetuneSettings = key(FinetuneSettings(), "Few-shot fine-tuning.")
    grid: GridSettings = key(GridSettings(), "The experiment.")
    run: RunSettings = key(RunSettings(), "The machine.")

    @model_validator(mode="after")
    def _base_is_a_reserved_name(self) -> Settings:
        if "base" in self.corpora:
            raise ValueError("a corpus cannot be called 'base': that is the model without pre-finetuning")
        return self
