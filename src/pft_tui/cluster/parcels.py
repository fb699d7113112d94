"""What of the workspace an order needs on another machine: folders with their files, as they are now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import try_to_load_from_cache

from pft_tui.audio.layout import AUDIO_FILE, BYTES_PER_SAMPLE, INDEX_FILE
from pft_tui.encoders.identity import (
    CONFIG_FILE,
    PREPROCESSOR_FILES,
    EncoderFolder,
    HubEncoder,
    encoder_source,
)
from pft_tui.errors import EncoderError
from pft_tui.orders import Order, Prefinetune, Prepare
from pft_tui.paths import MODEL_RECORD, Workspace
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, identify

PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file below its folder: its size in bytes and its time of change in nanoseconds."""

    name: str
    size: int
    changed: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files of a folder `source`, to lie in `target` below the node's own copy of the workspace's data.

    Files of a parcel that `grows` only get longer, in the order in which they are named, and are begun
    anew where `generation` is another; the others are replaced where size or time differ.
    """

    source: Path
    target: str
    files: tuple[FileSeen, ...]
    grows: bool = False
    generation: int = 0


def parcels(workspace: Workspace, order: Order) -> list[Parcel]:
    """What the order needs, as far as it is there; what is not, the worker itself will miss and report."""
    if isinstance(order, Prepare):
        return []
    if isinstance(order, Prefinetune):
        model: ModelSpec | None = order.model
        corpora = list(order.model.corpora)
    else:
        model = order.model
        corpora = [order.trials[0].downstream]
    found = [parcel for ref in corpora for parcel in _corpus(workspace, ref)]
    if model is not None:
        is_trained = isinstance(order, Prefinetune) or bool(model.corpora)
        found += _model(workspace, model.model_id) if is_trained else []
        found += _encoder(model.encoder) if isinstance(order, Prefinetune) or not model.corpora else []
    return found


def encoder_target(encoder: EncoderSpec) -> str:
    """Where an encoder lies below a node's copy of the workspace's data."""
    return f"encoders/{identify(encoder.name, encoder.revision, encoder.fingerprint)}"


def seen(folder: Path, names: Iterable[str]) -> Iterator[FileSeen]:
    """Those of the files that are there."""
    for name in names:
        try:
            stat = (folder / name).stat()
        except FileNotFoundError:
            continue
        yield FileSeen(name, stat.st_size, stat.st_mtime_ns)


def model_files(folder: Path) -> tuple[FileSeen, ...]:
    """The files of a model's folder, its checkpoint among them; what makes the model whole comes last."""
    names = [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != PARTIAL
    ]
    return tuple(seen(folder, sorted(names, key=lambda name: (name == MODEL_RECORD, name))))


def _corpus(workspace: Workspace, ref: CorpusRef) -> Iterator[Parcel]:
    listing = workspace.listing(ref.name, ref.digest)
    yield Parcel(listing.parent, workspace.listings.name, tuple(seen(listing.parent, [listing.name])))
    folder = workspace.audio / ref.name
    index = folder / INDEX_FILE
    try:
        lines, stat = index.read_bytes(), index.stat()
    except FileNotFoundError:
        return
    # Behind the samples that a line names there may be others, of a build that was interrupted.
    lines = lines[: lines.rfind(b"\n") + 1]
    entries = [json.loads(line) for line in lines.splitlines()]
    samples = max((entry["offset"] + entry["samples"] for entry in entries), default=0)
    files = FileSeen(AUDIO_FILE, BYTES_PER_SAMPLE * samples, 0), FileSeen(INDEX_FILE, len(lines), 0)
    yield Parcel(folder, f"{workspace.audio.name}/{ref.name}", files, grows=True, generation=stat.st_ino)


def _model(workspace: Workspace, model_id: str) -> Iterator[Parcel]:
    folder = workspace.models / model_id
    if folder.is_dir():
        yield Parcel(folder, f"{workspace.models.name}/{model_id}", model_files(folder))


def _encoder(encoder: EncoderSpec) -> Iterator[Parcel]:
    """The encoder's folder; of the hub's encoders the one in this machine's cache, if it is there."""
    try:
        source = encoder_source(encoder.name)
    except EncoderError:
        return
    if isinstance(source, EncoderFolder):
        folder = source.path
    elif isinstance(source, HubEncoder):
        cached = try_to_load_from_cache(source.hub_id, CONFIG_FILE, revision=encoder.revision)
        if not isinstance(cached, str):
            return
        folder = Path(cached).parent
    else:
        return
    weights = [path.name for path in folder.glob("*.safetensors*")]
    if weights:
        files = seen(folder, [CONFIG_FILE, *PREPROCESSOR_FILES, *sorted(weights)])
        yield Parcel(folder, encoder_target(encoder), tuple(files))
