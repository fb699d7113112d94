"""One worker's tie to its host: its orders go there, its reports and its log come into the workspace."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.exceptions import ActorUnavailableError, OutOfMemoryError, RayError

from pft_tui.cluster import replica
from pft_tui.cluster.charge import Charge, Placement
from pft_tui.cluster.host import Report
from pft_tui.cluster.keeper import keeper_of
from pft_tui.paths import Workspace

RETRY_SECONDS = 1.0
PAUSE_SECONDS = 0.1
KILL_SECONDS = 10.0
MOST_BYTES = 1 << 20
MOST_CHARACTERS = 600
# So soon after it has heard that a worker starved an owner says whether its share shall stay taken.
VERDICT_SECONDS = 10.0


class Link:
    """Replicates a worker's inbox to its host, and its spool and log from there, until it has ended."""

    def __init__(self, workspace: Workspace, worker_id: str, host: ActorHandle[Any]) -> None:
        self.worker_id = worker_id
        self.is_set_aside = asyncio.Event()
        self.is_starved = False
        self.node_id: str | None = None
        self._charge: Charge | None = None
        self._host = host
        self._inbox = workspace.inbox / f"{worker_id}.jsonl"
        self._spool = workspace.spool / f"{worker_id}.jsonl"
        self._log = workspace.logs / f"{worker_id}.log"
        self._has_orders = asyncio.Event()
        self._signals: set[asyncio.Task[None]] = set()

    async def follow(self, placed: Callable[[Charge, Placement], None]) -> bool:
        """Follow the worker to its end; False where the host was lost. `placed` hears where it runs.

        It `is_starved` where Ray has ended the host since the memory of its node ran out. One whose inbox is
        gone was given up and its trials run elsewhere: it is not followed any more.
        """
        if not self._inbox.exists():
            return True
        try:
            charge, placement = await self._asked("begin")
            self._charge, self.node_id = charge, placement.node_id
            placed(charge, placement)
            deliveries = asyncio.create_task(self._deliver())
            try:
                await self._fetch()
            finally:
                deliveries.cancel()
        except RayError as error:
            # Ray goes on with advice for all cases; what became of this host is said before.
            self.is_starved = isinstance(error, OutOfMemoryError)
            self._note(f"lost on the cluster: {' '.join(str(error).split())[:MOST_CHARACTERS]}")
            return False
        return True

    async def hold(self) -> None:
        """Stay with a host whose worker has ended, for as long as there is one."""
        with contextlib.suppress(RayError):
            while True:
                await self._asked("begin")
                await asyncio.sleep(RETRY_SECONDS)

    async def replace_host(self) -> None:
        """Where the share of a host that is gone is to be set aside, have something else hold it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.is_set_aside.wait(), VERDICT_SECONDS)
            assert self._charge is not None
            assert self.node_id is not None
            self._host = keeper_of(self._charge, self.node_id)

    def deliver(self) -> None:
        """There is a new order."""
        self._has_orders.set()

    def signal(self, number: Signals) -> None:
        """Pass a signal on. One that kills takes the host along where it does not answer."""
        task = asyncio.create_task(self._signal(number))
        self._signals.add(task)
        task.add_done_callback(self._signals.discard)

    def dismiss(self) -> None:
        """End the host, if it is still there: its share of the node is free again."""
        with contextlib.suppress(RayError, ValueError):
            ray.kill(self._host)

    async def _deliver(self) -> None:
        sent = 0
        while True:
            if orders := replica.read(self._inbox, sent, MOST_BYTES):
                sent = await self._asked("take", sent, orders)
            else:
                await self._has_orders.wait()
                self._has_orders.clear()

    async def _fetch(self) -> None:
        spool, log = replica.length(self._spool), replica.length(self._log)
        is_over = False
        while not is_over:
            report: Report = await self._asked("report", spool, log)
            if not self._inbox.exists():
                return
            spool = await self._stored(self._spool, spool, report.spool)
            log = await self._stored(self._log, log, report.log)
            is_over = report.is_last
            await asyncio.sleep(PAUSE_SECONDS)
        with contextlib.suppress(OSError), self._spool.open("rb") as file:
            os.fsync(file.fileno())
        await self._asked("leave")

    async def _stored(self, path: Path, start: int, data: bytes) -> int:
        """Append to a file of the workspace, waiting for room where its disk is full; how long it is then."""
        while True:
            try:
                return replica.write(path, start, data) if data else start
            except OSError:
                await asyncio.sleep(RETRY_SECONDS)

    async def _signal(self, number: Signals) -> None:
        with contextlib.suppress(RayError):
            try:
                await asyncio.wait_for(self._asked("signal", number), KILL_SECONDS)
            except TimeoutError:
                if number == SIGKILL:
                    self.dismiss()

    async def _asked(self, method: str, *values: object) -> Any:  # noqa: ANN401 - what the method returns
        """The host's answer, asked for again where the way there is blocked for a while."""
        while True:
            try:
                return await getattr(self._host, method).remote(*values)
            except ActorUnavailableError:
                await asyncio.sleep(RETRY_SECONDS)

    def _note(self, words: str) -> None:
        with contextlib.suppress(OSError), self._log.open("a", encoding="utf-8") as file:
            file.write(words + "\n")
