"""The folders of workers on a node, and what becomes of those whose host was killed."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from pathlib import Path
from typing import TextIO

PREFIX = "pft-worker-"
LOCK = "lock"
# A folder without its lock is of a host that has just begun, or that was killed as it did.
YOUNG_SECONDS = 3600.0


def make_desk() -> tuple[Path, TextIO]:
    """A new folder for a worker, and the lock that says for as long as it is open that it is in use."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = (folder / LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def clear_desks() -> None:
    """Delete the folders of this user's workers on this machine that nobody uses any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another user's, or another host has just deleted it


def _is_left(folder: Path) -> bool:
    if not (folder / LOCK).exists():
        return time.time() - folder.stat().st_mtime > YOUNG_SECONDS
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
