"""The orders of a worker, read from its inbox file as they come."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pft_tui.orders import Order, receive

POLL_SECONDS = 0.02
ORPHAN_SECONDS = 15.0


def orders(
    inbox: Path, should_stop: Callable[[], bool], while_waiting: Callable[[], None]
) -> Iterator[Order]:
    """Each order in turn, until told to stop; `while_waiting` is called many times a second.

    A worker whose parent has died goes on with the orders it has, then waits a while for another owner to
    take it over before it ends.
    """
    with inbox.open("rb") as file:
        rest, parent, idle_since = b"", os.getppid(), time.monotonic()
        while not should_stop():
            rest += file.read()
            *lines, rest = rest.split(b"\n")
            for line in lines:
                yield receive(line)
                if should_stop():
                    return
                idle_since = time.monotonic()
            orphaned = os.getppid() != parent
            if orphaned and time.monotonic() - idle_since > ORPHAN_SECONDS:
                return
            while_waiting()
            time.sleep(POLL_SECONDS)
