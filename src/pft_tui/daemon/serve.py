"""Setting the daemon up, its loop, and its end."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Sequence
from contextlib import closing
from types import FrameType

from pft_tui.daemon.answering import answering
from pft_tui.daemon.service import Service
from pft_tui.paths import Workspace
from pft_tui.scheduler.places import scheduler_of
from pft_tui.settings import load_settings
from pft_tui.store.owner import Store

# Seldom enough that most questions do not meet a step, which takes 10 ms or more while workers report.
STEP_EVERY_SECONDS = 0.1
LEAST_SERVE_SECONDS = 0.05
_LOG = logging.getLogger(__name__)


def serve(workspace: Workspace, flags: Sequence[str]) -> None:
    """Own the workspace's store and workers, and answer on its socket, until told to end.

    SIGTERM and SIGINT end it at once, the trials at hand going back to the queue; a terminal that closes
    does nothing. Raises OwnedError where another process owns the workspace.
    """
    settings = load_settings(workspace.settings_file, flags=flags).run
    with (
        closing(Store.open(workspace, most_attempts=settings.attempts)) as store,
        scheduler_of(workspace, store, settings) as scheduler,
    ):
        slots = len(scheduler.crew.seats)
        service = Service(workspace, store, scheduler)
        _obey_signals(service)
        scheduler.begin()
        adopted = len(scheduler.crew.workers())
        _LOG.info(
            "process %d serves %s on %d slots, %d workers adopted",
            os.getpid(),
            workspace.root,
            slots,
            adopted,
        )
        with answering(workspace, service) as server:
            while not service.is_over:
                due = time.monotonic() + STEP_EVERY_SECONDS
                service.step()
                server.serve(max(LEAST_SERVE_SECONDS, due - time.monotonic()))
        scheduler.end()
    _LOG.info("process %d has ended", os.getpid())


def _obey_signals(service: Service) -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        service.is_over = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
