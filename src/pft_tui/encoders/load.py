"""Load any supported encoder: from the hub, from a folder, or freshly initialised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import torch
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    StrictDataclassError,
)
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]
from safetensors import SafetensorError
from transformers import AutoConfig, AutoFeatureExtractor, AutoModel, Wav2Vec2FeatureExtractor

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.families import FAMILIES, CnnNorm, Family
from pft_tui.encoders.hugging_face import HfConfig, HfExtractor, HfModel, quiet
from pft_tui.encoders.identity import (
    CONFIG_FILE,
    PREPROCESSOR_FILES,
    EncoderFolder,
    HubEncoder,
    RandomEncoder,
    encoder_source,
)
from pft_tui.encoders.random_init import random_model, seeded
from pft_tui.errors import EncoderError

SAMPLE_RATE = 16_000
REACH_SECONDS = 5.0
# SpecAugment's vector is absent from encoders that were fine-tuned without it.
DISPENSABLE = {"masked_spec_embed"}
# What transformers raises for settings that are no JSON, of a wrong type, or at odds with each other.
_UNREADABLE = (
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
    TypeError,
    AttributeError,
    StrictDataclassError,
)


def load_encoder(name: str, *, revision: str | None = None, seed: int = 0) -> Encoder:
    """The encoder that `name` names, in float32 on the CPU, in evaluation mode.

    `name` is a hub id ("facebook/wav2vec2-base", at `revision` where one is given), a folder in Hugging
    Face format, or "random:tiny", "random:base", "random:FAMILY-SIZE" and the like with weights that
    `seed` alone decides. Hub encoders that are in the local cache are not asked for again. Only
    safetensors weights are read. Raises EncoderError.
    """
    source = encoder_source(name)
    # What a checkpoint lacks is initialised at random, and must not depend on what ran before.
    with quiet(), seeded(seed), _explained(name):
        if isinstance(source, RandomEncoder):
            model, extractor = random_model(source, seed)
        elif isinstance(source, HubEncoder):
            model, extractor = _from_hub(source, revision)
        else:
            model, extractor = _from_folder(source)
    if not isinstance(extractor, Wav2Vec2FeatureExtractor) or extractor.sampling_rate != SAMPLE_RATE:
        raise EncoderError(
            f"encoder {name} takes its input from a {type(extractor).__name__} "
            f"at {extractor.sampling_rate} Hz",
            hint=f"only encoders of waveforms at {SAMPLE_RATE} Hz are supported",
        )
    module, function = _family(model.config).contextualise.split(":")
    return Encoder(model, extractor, getattr(import_module(module), function)).eval()


def _from_folder(folder: EncoderFolder) -> tuple[HfModel, HfExtractor]:
    path = folder.path
    if not (path / CONFIG_FILE).is_file():
        raise EncoderError(f"no {CONFIG_FILE} in {path}", hint="give a folder in Hugging Face format")
    if not folder.weights():
        legacy = (path / "pytorch_model.bin").is_file()
        raise EncoderError(
            f"no model.safetensors in {path}" + (", only pytorch_model.bin" if legacy else ""),
            hint=f"convert it once, where you trust it: AutoModel.from_pretrained({str(path)!r})"
            ".save_pretrained(NEW_FOLDER) of transformers, and copy preprocessor_config.json along"
            if legacy
            else "copy the whole folder again",
        )
    model = _model(str(path))
    if any((path / settings).is_file() for settings in PREPROCESSOR_FILES):
        return model, AutoFeatureExtractor.from_pretrained(str(path))
    norm: CnnNorm = getattr(model.config, "feat_extract_norm", "layer")
    return model, Wav2Vec2FeatureExtractor(do_normalize=_family(model.config).normalised[norm])


def _from_hub(source: HubEncoder, revision: str | None) -> tuple[HfModel, HfExtractor]:
    hub_id = source.hub_id
    options = {"revision": revision or "main"}
    try:
        model = _model(hub_id, local_files_only=True, **options)
        return model, AutoFeatureExtractor.from_pretrained(hub_id, local_files_only=True, **options)
    except OSError:  # not, or not all of it, in the cache
        _reach(hub_id, revision)
    return _model(hub_id, **options), AutoFeatureExtractor.from_pretrained(hub_id, **options)


def _reach(hub_id: str, revision: str | None) -> None:
    """Ask the hub once whether it has the encoder; transformers would try six times, for 23 s and more."""
    try:
        HfApi().model_info(hub_id, revision=revision, timeout=REACH_SECONDS)
    except RevisionNotFoundError as error:
        raise EncoderError(f"encoder {hub_id} has no revision {revision}", hint="check its page") from error
    except RepositoryNotFoundError as error:  # gated ones are of this type too
        raise EncoderError(
            f"no encoder {hub_id} on the hub, or none that you may read",
            hint="check the spelling of encoder.name; log in with `hf auth login` if it is private or gated",
        ) from error
    except (OfflineModeIsEnabled, HfHubHTTPError, httpx.HTTPError) as error:
        raise EncoderError(
            f"cannot get encoder {hub_id}: {error}",
            hint="download it elsewhere (`hf download`) and give the folder as encoder.name",
        ) from error


def _model(where: str, **options: str | bool) -> HfModel:
    """The bare model in a folder or on the hub; weights that are missing or do not fit are an error."""
    config = AutoConfig.from_pretrained(where, **options)
    _family(config)
    if getattr(config, "add_adapter", False):
        raise EncoderError(f"encoder {where} has a convolutional adapter", hint="give one without")
    config.gradient_checkpointing = False  # the hub's wav2vec2-base asks for it: a third more arithmetic
    model, report = AutoModel.from_pretrained(
        where,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        ignore_mismatched_sizes=True,  # to be reported with the missing ones
        output_loading_info=True,
        # Where peft is installed, transformers looks for adapters, on the hub too unless it is told here.
        adapter_kwargs={"local_files_only": options.get("local_files_only", False)},
        **options,
    )
    mismatched = {name for name, *_ in report["mismatched_keys"]}
    wrong = sorted((set(report["missing_keys"]) | mismatched) - DISPENSABLE)
    if wrong:
        raise EncoderError(
            f"in the weights of encoder {where} {len(wrong)} tensors are absent or of another size, "
            f"{wrong[0]} among them",
            hint="config.json and model.safetensors must be of one model",
        )
    return model


def _family(config: HfConfig) -> Family:
    for family in FAMILIES.values():
        if family.model_type == config.model_type:
            return family
    raise EncoderError(
        f"encoders of type {config.model_type} are not supported",
        hint=f"supported are {', '.join(family.model_type for family in FAMILIES.values())}",
    )


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what transformers and safetensors raise about files into an EncoderError."""
    try:
        yield
    except SafetensorError as error:
        raise EncoderError(
            f"the weights of encoder {name} are damaged: {error}", hint="copy or download them again"
        ) from error
    except _UNREADABLE as error:
        words = " ".join(str(error).split())
        raise EncoderError(f"cannot load encoder {name}: {words}", hint="check its files") from error
