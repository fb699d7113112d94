"""How much of a WAV file is missing: its header against its size, which libsndfile passes over in silence."""

from __future__ import annotations

import os
from pathlib import Path

# Some recorders count a few bytes too many; less than one frame of an encoder is not worth a word.
TOLERATED_SECONDS = 0.02
UNKNOWN_SIZE = 0xFFFFFFFF  # written by programs that stream, before they know


def missing_seconds(path: Path) -> float:
    """The seconds of audio that the header of a WAV file promises beyond the file's end.

    0.0 for a whole file, one that does not say how long it is, and any other format. Raises OSError
    where the file cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(4) != b"RIFF" or file.read(8)[4:] != b"WAVE":
            return 0.0
        bytes_per_second = 0
        while len(head := file.read(8)) == 8:
            kind, length = head[:4], int.from_bytes(head[4:], "little")
            if kind == b"data":
                promised = file.tell() + length
                if length == UNKNOWN_SIZE or promised <= size or not bytes_per_second:
                    return 0.0
                return (promised - size) / bytes_per_second
            body = file.tell()
            if kind == b"fmt ":
                bytes_per_second = int.from_bytes(file.read(12)[8:], "little")
            # Chunks start at even places.
            file.seek(body + length + length % 2)
    return 0.0
