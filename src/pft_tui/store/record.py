"""Handing events to the store from a process that does not own it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import closing

from pft_tui.events import Event, Spool
from pft_tui.paths import Workspace
from pft_tui.store.lock import OwnedError
from pft_tui.store.owner import Store


def record(workspace: Workspace, events: Iterable[Event]) -> None:
    """Put events into the workspace's database, and publish them.

    Where another process owns the store (a run under way) they are left in the spool, which it reads.
    """
    workspace.make_folders()
    with Spool(workspace.spool / f"record-{secrets.token_hex(6)}.jsonl") as spool:
        spool.append(events)
    try:
        store = Store.open(workspace)
    except OwnedError:
        return
    with closing(store):
        while store.ingest().lines:
            pass
        store.publish()
