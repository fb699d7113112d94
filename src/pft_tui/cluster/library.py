"""The actor on the workspace's own machine that gives nodes what they lack, and takes models from them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pft_tui.cluster import replica
from pft_tui.cluster.parcels import AudioParcel, FileSeen, Parcel, model_files, parcels
from pft_tui.cluster.spans import Span
from pft_tui.orders import receive
from pft_tui.paths import CHECKPOINT, MODEL_RECORD, PARTIAL, Workspace

NAME = "library"


class Library:
    """Reads and writes files of one workspace, for the hosts of its workers."""

    def __init__(self, root: Path) -> None:
        self._workspace = Workspace(root)

    def parcels(self, order: bytes) -> list[Parcel | AudioParcel]:
        """What an order (a line of an inbox) needs."""
        return parcels(self._workspace, receive(order))

    def read(self, path: Path, start: int, most: int) -> bytes:
        """Bytes of a file."""
        return replica.read(path, start, most)

    def read_spans(self, path: Path, spans: list[Span]) -> bytes:
        """Those bytes of a file, one span after the other."""
        with path.open("rb") as file:
            return b"".join(os.pread(file.fileno(), end - start, start) for start, end in spans)

    def lacks(self, model_id: str, files: tuple[FileSeen, ...]) -> list[str]:
        """Which of a model's files are not there, or not as they are at its node."""
        have = set(model_files(self._workspace.models / model_id))
        return [file.name for file in files if file not in have]

    def write(self, model_id: str, name: str, start: int, data: bytes) -> None:
        """Write bytes of a model's file, which is not there until it is whole."""
        partial = self._partial(model_id, name)
        partial.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with partial.open("r+b" if start else "wb") as file:
            file.seek(start)
            file.write(data)

    def publish(self, model_id: str, file: FileSeen) -> None:
        """Give a file that was written its name; with the last of a model, its checkpoint goes."""
        folder, partial = self._workspace.models / model_id, self._partial(model_id, file.name)
        with partial.open("r+b") as written:
            os.fsync(written.fileno())
        os.utime(partial, ns=(file.changed, file.changed))
        partial.replace(folder / file.name)
        if file.name == MODEL_RECORD:
            shutil.rmtree((folder / CHECKPOINT).parent, ignore_errors=True)

    def _partial(self, model_id: str, name: str) -> Path:
        path = self._workspace.models / model_id / name
        return path.with_name(path.name + PARTIAL)
