"""Where the daemon listens: a Unix socket in the workspace's private folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from pft_tui.paths import Workspace

# A line of a request, and what a client may have waiting for it.
MOST_REQUEST_BYTES = 1 << 16


@contextmanager
def short_path(workspace: Workspace) -> Iterator[str]:
    """A path of the socket that is short enough for the kernel (107 bytes), however deep the workspace lies.

    It leads through a descriptor of the folder, and holds while the context does.
    """
    folder = os.open(workspace.private, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{workspace.socket.name}"
    finally:
        os.close(folder)


def listen(workspace: Workspace) -> socket.socket:
    """A listening socket for the user alone.

    It takes the place of an old one, which nobody can hold who does not own the store.
    """
    workspace.socket.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with short_path(workspace) as path:
            server.bind(path)
    except BaseException:
        server.close()
        raise
    finally:
        os.umask(before)
    server.listen(64)
    server.setblocking(False)
    return server


def connect(workspace: Workspace, timeout: float) -> socket.socket:
    """A connection to the daemon. Raises OSError where none listens."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(timeout)
    try:
        with short_path(workspace) as path:
            client.connect(path)
    except BaseException:
        client.close()
        raise
    return client
