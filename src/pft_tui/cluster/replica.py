"""Files that only grow, copied from one machine to another by offset.

Whoever lost count asks how long the copy is and goes on from there, so that every byte arrives once,
whichever side was killed when.
"""

from __future__ import annotations

import os
from pathlib import Path


def length(path: Path) -> int:
    """How many bytes the file has, 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def read(path: Path, start: int, most: int) -> bytes:
    """At most so many bytes of the file from byte `start` on."""
    if length(path) <= start:
        return b""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(most)


def write(path: Path, start: int, data: bytes) -> int:
    """Append those of the bytes, which belong at `start`, that the file lacks; how long it is then.

    Bytes that would leave a gap are not taken. Raises OSError where the disk does not take them all.
    """
    have = length(path)
    if not start <= have < start + len(data):
        return have
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        rest = memoryview(data)[have - start :]
        while rest:
            rest = rest[os.write(file, rest) :]
    finally:
        os.close(file)
    return start + len(data)
