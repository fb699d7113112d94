"""Tensors kept on the disk, to be read in place of being computed again.

A cache is a folder of shelves, a shelf a folder of safetensors files, each whole or not there. All of it may
be deleted at any time: what is not found is computed. A file that was changed or cut short is noticed by the
checksums of its tensors, and removed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from pft_tui.paths import PARTIAL
from pft_tui.training.published import checksum, publish

SUFFIX = ".safetensors"
WRITE_BYTES = 64 << 20
"""So much is collected before it is written, which bounds memory."""
WRITE_SECONDS = 30.0
"""So long at most, which bounds what a worker that is killed has computed in vain."""
STALE_SECONDS = 3600.0
"""A file that is still partial after so long was left by a worker that was killed."""
_LOG = logging.getLogger(__name__)


class FeatureCache:
    """A folder of at most `limit` bytes, from which the least recently used files go first.

    Nothing is written where less than `floor` bytes of the disk would be left. Leaving the block in which
    it is used writes what was collected.
    """

    def __init__(self, folder: Path, *, limit: int, floor: int) -> None:
        self._folder, self._limit, self._floor = folder, limit, floor
        self._shelves: dict[str, Shelf] = {}

    def shelf(self, name: str) -> Shelf:
        """The shelf called `name`, which has to say all that its tensors depend on beside their own names."""
        if name not in self._shelves:
            self._shelves[name] = Shelf(self, self._folder / name)
        return self._shelves[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for shelf in self._shelves.values():
            shelf.write()

    def publish(self, folder: Path, tensors: Mapping[str, Tensor]) -> None:
        """Write a file of `tensors` into `folder`, if there is room; nothing of this is worth failing for."""
        path = folder / (_digest_of_names(tensors) + SUFFIX)
        partial = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{PARTIAL}")
        notes = {"checksums": json.dumps({name: checksum(tensor) for name, tensor in tensors.items()})}
        try:
            for each in (self._folder, folder):
                each.mkdir(mode=0o700, exist_ok=True)
            if not self._makes_room(sum(tensor.nbytes for tensor in tensors.values())):
                return
            save_file(dict(tensors), partial, metadata=notes)
            partial.chmod(0o600)
            publish(partial, path)
        except (OSError, SafetensorError) as error:
            _LOG.warning("%s is not kept: %s", path, error)
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()

    def _makes_room(self, size: int) -> bool:
        """Whether `size` bytes more fit, once what was not used for longest has been removed for them."""
        if size > self._limit:
            return False
        files = sorted(_files(self._folder), key=lambda file: file.used)
        total = sum(file.size for file in files)
        for file in files:
            is_left = file.path.suffix == PARTIAL and time.time() - file.used > STALE_SECONDS
            if is_left or total + size > self._limit:
                file.path.unlink(missing_ok=True)
                total -= file.size
        return shutil.disk_usage(self._folder).free - size >= self._floor


class Shelf:
    """Tensors by name, in files that any number of workers read and add to."""

    def __init__(self, cache: FeatureCache, folder: Path) -> None:
        self._cache, self._folder = cache, folder
        self._collected: dict[str, Tensor] = {}
        self._size, self._began = 0, 0.0
        self._places: dict[str, _File] = {}
        self._known: set[Path] = set()
        self._changed: int | None = None

    def get(self, name: str) -> Tensor | None:
        """The tensor, on the host and not to be changed; None where it is not there as it was written."""
        if name in self._collected:
            return self._collected[name]
        if name not in self._places:
            self._look()
        file = self._places.get(name)
        if file is None:
            return None
        tensor = file.read(name)
        if tensor is None:
            self._discard(file)
        return tensor

    def put(self, name: str, tensor: Tensor) -> None:
        """Keep a tensor, which is not changed any more."""
        if not self._collected:
            self._size, self._began = 0, time.monotonic()
        self._collected[name] = tensor.detach().cpu().contiguous()
        self._size += tensor.nbytes
        if self._size >= WRITE_BYTES or time.monotonic() - self._began >= WRITE_SECONDS:
            self.write()

    def write(self) -> None:
        """Write what was collected."""
        if self._collected:
            self._cache.publish(self._folder, self._collected)
            self._collected = {}

    def _look(self) -> None:
        """Take note of files that were not there before."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:  # there is none, or none that may be read
            return
        if changed == self._changed:
            return
        self._changed = changed
        for path in self._folder.glob(f"*{SUFFIX}"):
            if path in self._known:
                continue
            self._known.add(path)
            with contextlib.suppress(FileNotFoundError):  # another worker has made room
                file = _File.open(path)
                if file is None:
                    _damaged(path)
                    continue
                os.utime(path)
                self._places |= dict.fromkeys(file.checksums, file)

    def _discard(self, file: _File) -> None:
        _damaged(file.path)
        self._places = {name: other for name, other in self._places.items() if other is not file}


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """A file of tensors that is memory-mapped, the checksum of each, and those that were compared."""

    path: Path
    mapped: Any
    checksums: Mapping[str, int]
    verified: set[str]

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """The file; None where it cannot be made sense of. Raises FileNotFoundError."""
        try:
            mapped: Any = safe_open(path, framework="pt")
            checksums = json.loads(mapped.metadata()["checksums"])
        except FileNotFoundError:
            raise
        except (SafetensorError, OSError, ValueError, KeyError, TypeError):
            return None
        return cls(path, mapped, checksums, set())

    def read(self, name: str) -> Tensor | None:
        """A tensor; None where it is not what was written."""
        try:
            tensor: Tensor = self.mapped.get_tensor(name)
        except SafetensorError:
            return None
        if name not in self.verified:
            if checksum(tensor) != self.checksums[name]:
                return None
            self.verified.add(name)
        return tensor


@dataclass(frozen=True, slots=True)
class _Seen:
    path: Path
    size: int
    used: float


def _files(folder: Path) -> list[_Seen]:
    """All files of a cache, whole or partial, with their size and when they were last used."""
    found = []
    for path in folder.glob("*/*"):
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            found.append(_Seen(path, stat.st_size, stat.st_mtime))
    return found


def _digest_of_names(names: Mapping[str, object]) -> str:
    digest = blake2b(digest_size=16)
    for name in sorted(names):
        digest.update(name.encode() + b"\n")
    return digest.hexdigest()


def _damaged(path: Path) -> None:
    _LOG.warning("%s is damaged: what it held is computed anew", path)
    with contextlib.suppress(OSError):
        path.unlink()
