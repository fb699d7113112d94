"""The audio of a corpus in one memory-mapped file, built once and mended when files change.

A cache is a folder with `audio.i16` (samples of all files, one after another) and `index.jsonl` (one line
a file: where its samples lie, and the size and time of the file they came from). Both only grow: samples
are on the disk before the line that names them, so that a build that is interrupted at any moment leaves a
shorter cache and not a wrong one. A file that has changed is decoded again and its new line counts.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pft_tui.audio.decode import SAMPLE_RATE, Samples, decode
from pft_tui.audio.layout import AUDIO_FILE, BYTES_PER_SAMPLE, INDEX_FILE
from pft_tui.errors import AudioError

FILES_PER_WRITE = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a file's samples lie, or why there are none.

    `offset` and `samples` count samples at 16 kHz; `sample_rate` is the file's own, in Hz; `size` (bytes)
    and `changed` (nanoseconds) are those of the file when it was decoded.
    """

    path: str
    size: int
    changed: int
    offset: int = 0
    samples: int = 0
    sample_rate: int = 0
    problem: str | None = None

    @property
    def seconds(self) -> float:
        """Length of the utterance."""
        return self.samples / SAMPLE_RATE


class AudioCache:
    """The decoded files of a corpus, by their path below its root."""

    def __init__(self, folder: Path) -> None:
        self.entries = _read_index(folder)
        audio = folder / AUDIO_FILE
        has_audio = audio.is_file() and audio.stat().st_size >= BYTES_PER_SAMPLE
        self._samples: Samples = (
            np.memmap(audio, dtype="<i2", mode="r") if has_audio else np.empty(0, dtype=np.int16)
        )

    def __contains__(self, path: str) -> bool:
        entry = self.entries.get(path)
        return entry is not None and entry.problem is None

    def __getitem__(self, path: str) -> Samples:
        """The samples of a file at 16 kHz, shape (samples,), still on the disk until they are read."""
        entry = self.entries.get(path)
        if entry is None or entry.problem is not None:
            raise AudioError(
                f"{path} is not in the audio cache"
                + (f": {entry.problem}" if entry and entry.problem else ""),
                hint="run `pft corpora check` to see what is wrong with the corpus",
            )
        return self._samples[entry.offset : entry.offset + entry.samples]


def build(
    folder: Path,
    root: Path,
    paths: Iterable[str],
    *,
    threads: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> AudioCache:
    """Decode what the cache in `folder` lacks of the files `paths` below `root`.

    `progress` is called with (files done, files in all) after each batch; where `should_stop` says so the
    build ends early, to be gone on with by the next. Raises AudioError where the disk is full.
    """
    wanted = list(dict.fromkeys(paths))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _writing(folder) as writer:
        stale = [path for path in wanted if not _is_fresh(writer.entries.get(path), root / path)]
        done = len(wanted) - len(stale)
        progress(done, len(wanted))
        with ThreadPoolExecutor(threads) as pool:
            decoded = _in_order(pool, root, stale, ahead=4 * threads)
            while batch := list(islice(decoded, FILES_PER_WRITE)):
                writer.append(batch)
                done += len(batch)
                progress(done, len(wanted))
                if should_stop():
                    pool.shutdown(wait=False, cancel_futures=True)
                    break
    return AudioCache(folder)


class _Writer:
    def __init__(self, folder: Path) -> None:
        self.entries = _read_index(folder)
        self._audio = (folder / AUDIO_FILE).open("ab")
        self._index = (folder / INDEX_FILE).open("ab")
        self._drop_what_no_line_names(folder)

    def append(self, decoded: Iterable[tuple[Entry, Samples]]) -> None:
        """Samples first, then the lines that name them, each put on the disk before the other goes on."""
        end = self._audio.tell() // BYTES_PER_SAMPLE
        lines = []
        try:
            for entry, samples in decoded:
                self._audio.write(samples.astype("<i2", copy=False).tobytes())
                lines.append(asdict(entry) | {"offset": end})
                end += len(samples)
            _to_disk(self._audio)
            self._index.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
            _to_disk(self._index)
        except OSError as error:
            raise AudioError(
                f"the audio cache cannot be written: {error.strerror}",
                hint="make room on the disk and run again; what is decoded stays",
            ) from None
        self.entries.update({line["path"]: Entry(**line) for line in lines})

    def close(self) -> None:
        self._audio.close()
        self._index.close()

    def _drop_what_no_line_names(self, folder: Path) -> None:
        """Cut off what an interrupted build left: samples without a line, and half a line."""
        named = max((entry.offset + entry.samples for entry in self.entries.values()), default=0)
        self._audio.truncate(named * BYTES_PER_SAMPLE)
        self._audio.seek(0, os.SEEK_END)
        self._index.truncate((folder / INDEX_FILE).read_bytes().rfind(b"\n") + 1)
        self._index.seek(0, os.SEEK_END)


@contextmanager
def _writing(folder: Path) -> Iterator[_Writer]:
    """The one writer of a cache: another process that wants to build it waits."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        writer = _Writer(folder)
        try:
            yield writer
        finally:
            writer.close()


def _in_order(
    pool: ThreadPoolExecutor, root: Path, paths: list[str], *, ahead: int
) -> Iterator[tuple[Entry, Samples]]:
    """Decode in threads but hand over in order, never more than `ahead` files in memory."""
    remaining = iter(paths)
    running = [pool.submit(_decode_entry, root, path) for path in islice(remaining, ahead)]
    while running:
        yield running.pop(0).result()
        running.extend(pool.submit(_decode_entry, root, path) for path in islice(remaining, 1))


def _decode_entry(root: Path, path: str) -> tuple[Entry, Samples]:
    size, changed = _identity(root / path) or (0, 0)
    try:
        samples, rate = decode(root / path)
    except (AudioError, OSError) as error:
        return Entry(path, size, changed, problem=str(error)), np.empty(0, dtype=np.int16)
    return Entry(path, size, changed, samples=len(samples), sample_rate=rate), samples


def _identity(file: Path) -> tuple[int, int] | None:
    """Size in bytes and time of the last change in nanoseconds, None where there is no such file."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _is_fresh(entry: Entry | None, file: Path) -> bool:
    return entry is not None and (entry.size, entry.changed) == (_identity(file) or (0, 0))


def _read_index(folder: Path) -> dict[str, Entry]:
    """The last line of each file; a torn last line and lines whose samples are missing are passed over."""
    index, audio = folder / INDEX_FILE, folder / AUDIO_FILE
    if not index.is_file():
        return {}
    held = audio.stat().st_size // BYTES_PER_SAMPLE if audio.is_file() else 0
    entries = {}
    for line in index.read_bytes().split(b"\n")[:-1]:
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if entry.offset + entry.samples <= held:
            entries[entry.path] = entry
    return entries


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
