"""Publishing: a copy of the store under a name of its own, replaced whole, never changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pft_tui.errors import StoreError
from pft_tui.store.connection import NO_ROOM, DiskFullError

# Copied in a process of its own: opening and closing the store here would drop the lock that DuckDB
# holds on it. The copy is on the disk before it takes the snapshot's name.
_COPY = 'cp --reflink=auto -- "$1" "$2" && chmod 444 -- "$2" && sync -- "$2"'


class Publication:
    """A copy of the store on its way to being the snapshot.

    The store must not be checkpointed before `finish` is through; commits may go on.
    """

    def __init__(self, store: Path, snapshot: Path) -> None:
        """Begin to copy the store, which has just been checkpointed."""
        self._snapshot = snapshot
        # A name of its own: the copy of an owner that was killed may still be under way.
        self._copy = snapshot.with_name(f".{snapshot.name}.{os.getpid()}.next")
        with _told_of(snapshot):
            for stray in snapshot.parent.glob(f".{snapshot.name}.*.next"):
                stray.unlink(missing_ok=True)
            self._process = subprocess.Popen(  # noqa: S603 - a fixed script, the names as its arguments
                ["/bin/sh", "-c", _COPY, "sh", store, self._copy],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "LC_ALL": "C"},  # so that its words for a full disk are known
            )

    def finish(self, *, wait: bool) -> bool:
        """Put the copy in the snapshot's place once it is whole; False while it is not (never with `wait`).

        Raises StoreError, DiskFullError where there was no room for it; the old snapshot then stays.
        """
        if not wait and self._process.poll() is None:
            return False
        _, words = self._process.communicate()
        with _told_of(self._snapshot):
            if self._process.returncode != 0:
                self._copy.unlink(missing_ok=True)
                raise OSError(words.strip())
            # A log of the old snapshot (someone opened it for writing) must not be replayed into the new.
            self._snapshot.with_name(self._snapshot.name + ".wal").unlink(missing_ok=True)
            self._copy.replace(self._snapshot)
            _sync_folder(self._snapshot.parent)
        return True


@contextmanager
def _told_of(snapshot: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = DiskFullError if any(sign in str(error) for sign in NO_ROOM) else StoreError
        raise kind(f"{snapshot} was not published: {error}", hint="the last one stays") from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
