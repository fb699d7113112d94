"""What an encoder's name means, and what tells one encoder from another; no torch here."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from pft_tui.encoders.families import FAMILIES, CnnNorm, Family, Size
from pft_tui.errors import EncoderError

RANDOM_PREFIX = "random:"
CONFIG_FILE = "config.json"
PREPROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")
SIZES: tuple[Size, ...] = ("tiny", "base")

_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_BLOCKS, _BLOCK_BYTES = 64, 1 << 16


@dataclass(frozen=True, slots=True)
class RandomEncoder:
    """A freshly initialised encoder."""

    family: Family
    size: Size
    cnn_norm: CnnNorm


@dataclass(frozen=True, slots=True)
class HubEncoder:
    """An encoder of the Hugging Face hub."""

    hub_id: str


@dataclass(frozen=True, slots=True)
class EncoderFolder:
    """An encoder in a local folder, in Hugging Face format."""

    path: Path

    def weights(self) -> list[Path]:
        """The safetensors files, by name."""
        return sorted(self.path.glob("*.safetensors"))


Source = RandomEncoder | HubEncoder | EncoderFolder


def encoder_source(name: str) -> Source:
    """What `name` names: "random:...", a folder, or a hub id. A folder that exists wins over a hub id.

    Raises EncoderError where a random encoder's name is wrong, where a path leads nowhere, and where
    the name can be no hub id.
    """
    if name.startswith(RANDOM_PREFIX):
        return _random_encoder(name.removeprefix(RANDOM_PREFIX))
    path = Path(name).expanduser()
    if name and path.is_dir():  # an empty path is the current folder
        return EncoderFolder(path)
    if name.startswith(("/", ".", "~")) or not _HUB_ID.fullmatch(name):
        raise EncoderError(
            f"no encoder folder '{name}'", hint="give a folder in Hugging Face format, or a hub id"
        )
    return HubEncoder(name)


def encoder_fingerprint(name: str, *, revision: str | None = None) -> str:
    """What identifies the encoder in a hash: equal if, and only if, the weights can be taken as equal.

    Hub ids (with their `revision`) and random encoders are identified by name. A folder is identified
    by its contents, wherever it lies: the config, the preprocessor settings and the weights, of which
    the size, the header and 64 blocks spread over the file are read (all of it up to 4 MB), so that
    a folder of gigabytes takes milliseconds. Raises EncoderError as `encoder_source` does.
    """
    source = encoder_source(name)
    if isinstance(source, HubEncoder):
        return name if revision is None else f"{name}@{revision}"
    if isinstance(source, RandomEncoder):
        return name
    digest = hashlib.sha256()
    for settings in (CONFIG_FILE, *PREPROCESSOR_FILES):
        path = source.path / settings
        if path.is_file():
            _add(digest, settings, path.read_bytes())
    for path in source.weights():
        _add(digest, path.name, _sample(path))
    return f"sha256:{digest.hexdigest()}"


def _add(digest: hashlib._Hash, name: str, content: bytes) -> None:
    digest.update(f"{name} {len(content)}\n".encode())
    digest.update(content)


def _sample(path: Path) -> bytes:
    """The size of a safetensors file, its header, and blocks at even distances.

    Fine-tuning moves every tensor a little, so blocks tell checkpoints of one architecture apart;
    sizes and headers alone do not.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        header = file.read(min(int.from_bytes(prefix, "little"), size))
        step = max(_BLOCK_BYTES, size // _BLOCKS)
        blocks = []
        for start in range(0, size, step):
            file.seek(start)
            blocks.append(file.read(_BLOCK_BYTES))
    return b"".join([str(size).encode(), prefix, header, *blocks])


def _random_encoder(description: str) -> RandomEncoder:
    *family_words, last = description.removesuffix("-ln").split("-")
    family_name = "-".join(family_words) or "wav2vec2"
    size = next((size for size in SIZES if size == last), None)
    family = FAMILIES.get(family_name)
    if family is None or size is None:
        raise EncoderError(
            f"no random encoder {RANDOM_PREFIX}{description}",
            hint=f"write random:SIZE or random:FAMILY-SIZE, SIZE one of {', '.join(SIZES)}, "
            f"FAMILY one of {', '.join(FAMILIES)}, and -ln at the end for layer norm in the CNN",
        )
    norms: list[CnnNorm] = list(family.normalised)
    cnn_norm: CnnNorm = "layer" if description.endswith("-ln") else norms[0]
    return RandomEncoder(family, size, cnn_norm)
