"""Answering on the workspace's socket: in the daemon, and in a run in the foreground."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager

from pft_tui.daemon.address import MOST_REQUEST_BYTES, listen
from pft_tui.daemon.server import Server
from pft_tui.daemon.service import Service, refusal
from pft_tui.errors import UsageError
from pft_tui.paths import Workspace


@contextmanager
def answering(workspace: Workspace, service: Service) -> Iterator[Server]:
    """The server of the owner of the store: it hands requests to the service whenever it is let serve."""
    with closing(Server(listen(workspace), service.answer, _too_long)) as server:
        try:
            yield server
        finally:
            workspace.socket.unlink(missing_ok=True)


def _too_long() -> bytes:
    error = UsageError(f"a request has at most {MOST_REQUEST_BYTES} bytes", hint="name fewer jobs at a time")
    return json.dumps(refusal(error)).encode() + b"\n"
