"""Reading spools: the whole lines behind an offset, and no half one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True)
class Chunk:
    """The whole lines of a spool file from byte `start` to byte `end`, without their newlines.

    `more` says that the file holds further bytes than were asked for.
    """

    spool: str
    start: int
    end: int
    lines: list[bytes]
    more: bool


def spool_files(folder: Path) -> list[Path]:
    """The spool files in a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)


def read_whole_lines(path: Path, start: int, most: int) -> Chunk | None:
    """At most about `most` bytes of whole lines from byte `start` on, or None where there are none yet.

    A last line without its newline is still being written, and waits. A line longer than `most` is read
    whole.
    """
    if path.stat().st_size <= start:
        return None
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(most)
        if b"\n" not in data:
            data += file.readline()
        more = bool(file.peek(1))
    whole = data.rfind(b"\n") + 1
    if not whole:
        return None
    return Chunk(path.name, start, start + whole, data[: whole - 1].split(b"\n"), more)
