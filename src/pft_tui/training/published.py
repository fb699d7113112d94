"""Files that are whole or not there: written beside, put on the disk, then renamed."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from pft_tui.errors import CheckpointError
from pft_tui.paths import PARTIAL


def publish_json(path: Path, content: object) -> None:
    """Write plain data as JSON, in place of what `path` holds."""
    partial = path.with_name(path.name + PARTIAL)
    with partial.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
    publish(partial, path)


def publish_tensors(path: Path, tensors: Mapping[str, Tensor], notes: Mapping[str, str]) -> None:
    """Write tensors and notes about them as safetensors, in place of what `path` holds.

    Raises CheckpointError where the disk does not take them.
    """
    partial = path.with_name(path.name + PARTIAL)
    on_host = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(on_host, partial, metadata=dict(notes))
        publish(partial, path)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise CheckpointError(f"{path} cannot be written: {error}", hint="make room on its disk") from None


def publish(partial: Path, path: Path) -> None:
    """Put a written file on the disk and give it its name, with which it is whole."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def checksum(tensor: Tensor) -> int:
    """The CRC-32 of a tensor on the host: safetensors itself would not notice one that has changed."""
    content: Any = tensor.contiguous().reshape(-1).view(torch.uint8).numpy()
    return zlib.crc32(content)
