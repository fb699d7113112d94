"""Who owns the store: an flock that ends with its process, on a file that names it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import psutil

from pft_tui.errors import StoreError

NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "fuse.sshfs"})


class OwnedError(StoreError):
    """Another process owns the store."""


class OwnerLock:
    """Held by at most one process at a time, until it is released or the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock, or raise OwnedError with the pid of the process that has it."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise OwnedError(
                f"{path.parent.parent} is already run by process {path.read_text().strip() or 'unknown'}",
                hint="`pft watch` shows what it does, `pft queue` adds to it, `pft down` ends it",
            ) from error
        os.truncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others own the store."""
        os.close(self._file)


def owner_of(path: Path) -> int | None:
    """The process that holds the lock at `path`, None where none does."""
    try:
        with path.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int(path.read_text(encoding="utf-8").strip() or 0)
    return None


def refuse_network_disk(folder: Path) -> None:
    """Raise StoreError where `folder` lies on a network file system: locks there cannot be trusted."""
    file_system = file_system_of(folder)
    if file_system in NETWORK_FILE_SYSTEMS:
        raise StoreError(
            f"{folder} lies on a network file system ({file_system}), where locks cannot be trusted",
            hint="make the workspace on a local disk; the corpora may stay where they are",
        )


def file_system_of(folder: Path) -> str:
    """The type of the file system that `folder` lies on, such as `ext4`; empty where it is unknown."""
    folder = folder.resolve()
    types = {Path(mount.mountpoint): mount.fstype for mount in psutil.disk_partitions(all=True)}
    return next((types[place] for place in (folder, *folder.parents) if place in types), "")
