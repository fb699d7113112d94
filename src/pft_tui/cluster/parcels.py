"""What of the workspace an order needs on another machine: folders with their files, as they are now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from huggingface_hub import try_to_load_from_cache

from pft_tui.audio.layout import BYTES_PER_SAMPLE, INDEX_FILE
from pft_tui.cluster import replica
from pft_tui.cluster.spans import Span, merged
from pft_tui.corpora.listing import read_listing
from pft_tui.corpora.load import Corpus
from pft_tui.encoders.identity import (
    CONFIG_FILE,
    PREPROCESSOR_FILES,
    EncoderFolder,
    HubEncoder,
    encoder_source,
)
from pft_tui.errors import CorpusError, EncoderError
from pft_tui.orders import Order, Prefinetune, Prepare
from pft_tui.paths import MODEL_RECORD, PARTIAL, Workspace
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, identify


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file below its folder: its size in bytes and its time of change in nanoseconds."""

    name: str
    size: int
    changed: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files of a folder `source`, to lie in `target` below the node's own copy of the workspace's data.

    They are replaced where size or time differ.
    """

    source: Path
    target: str
    files: tuple[FileSeen, ...]


@dataclass(frozen=True, slots=True)
class AudioParcel:
    """Of the decoded audio of a corpus, which is as `Parcel` says, these spans of its bytes.

    `index` and `audio` say how many bytes of the two files there are at all. Both only get longer, and are
    begun anew where `generation` is another.
    """

    source: Path
    target: str
    index: int
    audio: int
    spans: tuple[Span, ...]
    generation: int


def parcels(workspace: Workspace, order: Order) -> list[Parcel | AudioParcel]:
    """What the order needs, as far as it is there; what is not, the worker itself will miss and report."""
    if isinstance(order, Prepare):
        return []
    if isinstance(order, Prefinetune):
        model: ModelSpec | None = order.model
        corpora, speaker = list(order.model.corpora), None
    else:
        model = order.model
        corpora, speaker = [order.trials[0].downstream], order.trials[0].speaker
    found = [parcel for ref in corpora for parcel in _corpus(workspace, ref, speaker)]
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
    """The files of a model's folder, its checkpoint among them; what makes the model whole comes last.

    Hidden ones are not the model's: safetensors writes under such a name before it gives the file its own.
    """
    names = [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != PARTIAL and not path.name.startswith(".")
    ]
    return tuple(seen(folder, sorted(names, key=lambda name: (name == MODEL_RECORD, name))))


def _corpus(workspace: Workspace, ref: CorpusRef, speaker: str | None) -> Iterator[Parcel | AudioParcel]:
    """The listing of a corpus, and its audio: all of it, or one speaker's."""
    listing = workspace.listing(ref.name, ref.digest)
    files = tuple(seen(listing.parent, [listing.name]))
    yield Parcel(listing.parent, workspace.listings.name, files)
    folder = workspace.audio / ref.name
    index = folder / INDEX_FILE
    if not files or not index.is_file():
        return
    stat = index.stat()
    found = _indexed(index, stat.st_ino, stat.st_size)
    whole = 0, max((end for _, end in found.spans.values()), default=0)
    try:
        paths = _paths(listing, files[0].changed, speaker)
    except CorpusError:  # which the worker, too, will meet when it reads the listing
        return
    heard = merged(found.spans[path] for path in paths if path in found.spans)
    yield AudioParcel(
        folder,
        f"{workspace.audio.name}/{ref.name}",
        index=found.size,
        audio=whole[1],
        spans=(whole,) if speaker is None else heard,
        generation=stat.st_ino,
    )


@dataclass(frozen=True, slots=True)
class _Index:
    """How many bytes of an index are whole lines, and where the audio of each file lies by them."""

    size: int
    spans: dict[str, Span]


@lru_cache(maxsize=16)
def _indexed(index: Path, _inode: int, size: int) -> _Index:
    """The first `size` bytes of an index, which only grows for as long as it is the same file.

    Behind the samples that a line names there may be others, of a build that was interrupted.
    """
    lines = replica.read(index, 0, size)
    lines = lines[: lines.rfind(b"\n") + 1]
    entries = map(json.loads, lines.splitlines())
    return _Index(len(lines), {entry["path"]: _span(entry["offset"], entry["samples"]) for entry in entries})


def _span(offset: int, samples: int) -> Span:
    return BYTES_PER_SAMPLE * offset, BYTES_PER_SAMPLE * (offset + samples)


def _paths(listing: Path, changed: int, speaker: str | None) -> list[str]:
    """The files of one speaker of a corpus, or all of them, by its listing as of its last change."""
    return [item.path for item in _listed(listing, changed).utterances if speaker in (None, item.speaker)]


@lru_cache(maxsize=16)
def _listed(listing: Path, _changed: int) -> Corpus:
    return read_listing(listing)


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
