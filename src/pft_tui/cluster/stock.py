"""A node's own copy of the workspace's data: what an order needs is fetched once a node, models go back."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError

from pft_tui.audio.layout import AUDIO_FILE, INDEX_FILE
from pft_tui.cluster import replica
from pft_tui.cluster.library import NAME
from pft_tui.cluster.parcels import AudioParcel, FileSeen, Parcel, encoder_target, model_files, seen
from pft_tui.cluster.spans import Span, batches, merged, without
from pft_tui.errors import WorkspaceError
from pft_tui.orders import Order, Prefinetune, RunTrials, line_of, receive
from pft_tui.paths import MODEL_RECORD, PARTIAL

CHUNK_BYTES = 8 << 20
RETRY_SECONDS = 2.0


class Stock:
    """A folder that all workers of this user and workspace on this machine share.

    It looks like the private folder of a workspace, as far as that holds data.
    """

    def __init__(self, namespace: str) -> None:
        """Make the folder. Raises WorkspaceError where another user has made it before."""
        self.folder = Path(tempfile.gettempdir()) / f"{namespace}-{os.getuid()}"
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self.folder.is_symlink() or self.folder.stat().st_uid != os.getuid():
            raise WorkspaceError(f"{self.folder} is somebody else's", hint="remove it on that node")

    async def bring(self, line: bytes) -> bytes:
        """Fetch what the order of this line needs and is not here; the line as the worker is to have it."""
        for parcel in await _asked("parcels", line):
            async with self._alone_with(parcel.target):
                await (self._extend(parcel) if isinstance(parcel, AudioParcel) else self._replace(parcel))
        return line_of(self._here(receive(line)))

    async def send_back(self, model_id: str) -> None:
        """Send what the workspace lacks of a model's folder, what makes the model whole at the end."""
        folder = self.folder / "models" / model_id
        is_sent = False
        while not is_sent:
            files = model_files(folder)
            lacking = set(await _asked("lacks", model_id, files))
            try:
                for file in files:
                    if file.name in lacking:
                        await self._send(model_id, folder, file)
                is_sent = True
            except FileNotFoundError:
                continue  # its trainer has put something else in its place

    async def _send(self, model_id: str, folder: Path, file: FileSeen) -> None:
        with (folder / file.name).open("rb") as content:
            stat = os.fstat(content.fileno())
            as_sent = FileSeen(file.name, stat.st_size, stat.st_mtime_ns)
            start = 0
            while start == 0 or start < as_sent.size:
                chunk = content.read(CHUNK_BYTES)
                await _asked("write", model_id, file.name, start, chunk)
                start += max(1, len(chunk))
        await _asked("publish", model_id, as_sent)

    async def _replace(self, parcel: Parcel) -> None:
        folder = self.folder / parcel.target
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        have = set(seen(folder, [file.name for file in parcel.files]))
        stale = [file for file in parcel.files if file not in have]
        if any(file.name == MODEL_RECORD for file in stale):
            (folder / MODEL_RECORD).unlink(missing_ok=True)
        for file in stale:
            path = folder / file.name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
            partial.touch(mode=0o600)
            await self._fetch(parcel.source / file.name, partial, file.size)
            os.utime(partial, ns=(file.changed, file.changed))
            partial.replace(path)

    async def _extend(self, parcel: AudioParcel) -> None:
        """Add the audio that is not here at its very place in the file, which has holes for all the rest."""
        folder = self.folder / parcel.target
        generation = folder / "generation"
        if not generation.is_file() or generation.read_text() != str(parcel.generation):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700, parents=True)
            generation.write_text(str(parcel.generation))
        audio, index = folder / AUDIO_FILE, folder / INDEX_FILE
        # Whoever reads the index finds the audio as long as it says.
        _lengthen(audio, parcel.audio)
        await self._fetch(parcel.source / INDEX_FILE, index, parcel.index)
        have = folder / "spans"
        spans = [tuple(span) for span in json.loads(have.read_text())] if have.is_file() else []
        if lacking := without(parcel.spans, spans):
            await self._fill(parcel.source / AUDIO_FILE, audio, lacking)
            partial = have.with_suffix(PARTIAL)
            partial.write_text(json.dumps(merged([*spans, *lacking])))
            partial.replace(have)

    async def _fill(self, source: Path, path: Path, lacking: Iterable[Span]) -> None:
        with path.open("r+b") as file:
            for batch in batches(lacking, CHUNK_BYTES):
                rest = memoryview(await _asked("read_spans", source, batch))
                if len(rest) != sum(end - start for start, end in batch):
                    raise FileNotFoundError(f"{source} has become shorter while it was copied")
                for start, end in batch:
                    file.seek(start)
                    file.write(rest[: end - start])
                    rest = rest[end - start :]
            file.flush()
            os.fsync(file.fileno())

    async def _fetch(self, source: Path, path: Path, size: int) -> None:
        """Add to a file what it lacks of the first `size` bytes of its source."""
        while (have := replica.length(path)) < size:
            chunk = await _asked("read", source, have, min(CHUNK_BYTES, size - have))
            if not chunk:
                raise FileNotFoundError(f"{source} has become shorter while it was copied")
            replica.write(path, have, chunk)

    def _here(self, order: Order) -> Order:
        """The order with its encoder's folder, where that was fetched, in the name's place."""
        if not isinstance(order, Prefinetune | RunTrials) or order.model is None:
            return order
        folder = self.folder / encoder_target(order.model.encoder)
        if not folder.is_dir():
            return order
        encoder = replace(order.model.encoder, name=str(folder), revision=None)
        return replace(order, model=replace(order.model, encoder=encoder))

    @asynccontextmanager
    async def _alone_with(self, target: str) -> AsyncIterator[None]:
        """Held by one host of this machine at a time."""
        locks = self.folder / "locks"
        locks.mkdir(mode=0o700, exist_ok=True)
        with (locks / target.replace("/", "-")).open("w") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            yield


def _lengthen(path: Path, size: int) -> None:
    with path.open("ab") as file:
        if file.tell() < size:
            file.truncate(size)


async def _asked(method: str, *values: object) -> Any:  # noqa: ANN401 - what the method returns
    """The library's answer, waited for where it, its disk or the way there is not fit at the moment."""
    while True:
        library = _library()
        try:
            if library is not None:
                return await getattr(library, method).remote(*values)
        except (RayActorError, OSError):  # what it raises on its own machine comes here as it is
            pass
        await asyncio.sleep(RETRY_SECONDS)


def _library() -> Any:  # noqa: ANN401 - a handle of Ray's, None where there is no library
    try:
        return ray.get_actor(NAME)
    except ValueError:
        return None
