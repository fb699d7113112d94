"""The actor on a node that runs one worker: it takes in orders, and gives out what the worker writes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, Signals

from pft_tui.cluster import replica
from pft_tui.cluster.charge import Charge, Placement
from pft_tui.cluster.desk import clear_desks, make_desk
from pft_tui.cluster.stock import Stock
from pft_tui.events import JobFailed, JobFinished, parse
from pft_tui.orders import AFTER_THIS_TRIAL, Prefinetune, attempts_of, last_order, receive
from pft_tui.paths import Workspace
from pft_tui.worker.inbox import ORPHAN_SECONDS
from pft_tui.worker.launch import arguments, environment

MODULE = "pft_tui.cluster.tethered"
MOST_BYTES = 4 << 20
MOST_ORDER_BYTES = 1 << 30
LOOK_SECONDS = 0.02
ANSWER_SECONDS = 2.0
WATCH_SECONDS = 3.0
# So long a host keeps what nobody has fetched.
KEEP_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Report:
    """What was added to a worker's spool and log, and whether it has ended and this is the last of it."""

    spool: bytes
    log: bytes
    is_last: bool


class Host:
    """Runs a worker in a folder of its own on this node, which looks to it like its workspace.

    Orders come in and reports go out by offset, so that an owner can take over from another at any point.
    Without an owner the worker goes on with what it has, and what it reports is kept for the next one.
    """

    def __init__(self, charge: Charge) -> None:
        self._charge = charge
        clear_desks()
        folder, self._lock = make_desk()
        self._workspace = Workspace(folder)
        self._orders = self._workspace.root / "orders.jsonl"
        self._inbox = self._workspace.inbox / f"{charge.worker_id}.jsonl"
        self._spool = self._workspace.spool / f"{charge.worker_id}.jsonl"
        self._log = self._workspace.logs / f"{charge.worker_id}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._came = asyncio.Event()
        self._stock: Stock | None = None
        self._training: str | None = None
        self._sending = asyncio.Lock()
        self._started = self._heard = time.time()
        self._fetched = 0

    # What an owner asks for

    async def begin(self) -> tuple[Charge, Placement]:
        """Start the worker, unless it has been; what it is and where."""
        import ray

        self._heard = time.time()
        if self._process is None:
            self._furnish()
            self._process = self._start()
            self._tasks = [asyncio.create_task(each()) for each in (self._watch, self._pass_on, self._keep)]
        gpus = ray.get_gpu_ids()
        node_id = ray.get_runtime_context().get_node_id()
        gpu = str(gpus[0]) if gpus else None
        return self._charge, Placement(node_id, gpu, self._process.pid, self._started)

    async def take(self, start: int, orders: bytes) -> int:
        """Append orders that belong at byte `start` of those that came; how long they are then."""
        self._heard = time.time()
        length = replica.write(self._orders, start, orders)
        self._came.set()
        return length

    async def report(self, spool_from: int, log_from: int) -> Report:
        """What spool and log hold from these bytes on, as soon as that is anything."""
        self._fetched = spool_from
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            self._heard = time.time()
            has_ended = self._has_ended()  # asked first: what it wrote before it ended is read below
            spool = replica.read(self._spool, spool_from, MOST_BYTES)
            log = replica.read(self._log, log_from, MOST_BYTES)
            if spool:  # what it says of a model must not be known before the model itself
                await self._send_back()
            if spool or log or has_ended or time.monotonic() > deadline:
                return Report(spool, log, has_ended and not spool and not log)
            await asyncio.sleep(LOOK_SECONDS)

    async def signal(self, number: Signals) -> None:
        """Send the worker a signal; all processes of its group where that is to kill it."""
        if self._process is None or self._has_ended():
            return
        with contextlib.suppress(ProcessLookupError):
            if number == SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                os.kill(self._process.pid, number)

    async def leave(self) -> None:
        """Delete the worker's folder, of which everything was fetched."""
        self._clear()

    # What goes on here

    def _furnish(self) -> None:
        """Make the folder look like the workspace: its data is the workspace's, its reports are its own."""
        import ray

        self._workspace.private.mkdir(mode=0o700)
        data = Workspace(Path(self._charge.root)).private
        if not self._charge.shared:
            self._stock = Stock(ray.get_runtime_context().namespace)
            data = self._stock.folder
        private = self._workspace
        for link in (private.models, private.listings, private.audio, private.features):
            (data / link.name).mkdir(mode=0o700, exist_ok=True)
            link.symlink_to(data / link.name)
        self._workspace.make_folders()
        self._inbox.touch(mode=0o600)

    def _start(self) -> subprocess.Popen[bytes]:
        charge = self._charge
        given = arguments(
            self._workspace.root,
            charge.worker_id,
            charge.device,
            charge.threads,
            deterministic=charge.deterministic,
            module=MODULE,
        )
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own module, arguments of our own making
                [sys.executable, *given],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(charge.threads),
                start_new_session=True,
            )

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    async def _pass_on(self) -> None:
        """Hand the worker each order that came, once what it needs is here."""
        passed = 0
        try:
            while True:
                await self._came.wait()
                self._came.clear()
                *lines, _ = replica.read(self._orders, passed, MOST_ORDER_BYTES).split(b"\n")
                for line in lines:
                    ready = await self._stock.bring(line) if self._stock else line + b"\n"
                    order = receive(line)
                    self._training = order.model.model_id if isinstance(order, Prefinetune) else None
                    with self._inbox.open("ab") as inbox:
                        inbox.write(ready)
                    passed += len(line) + 1
        except Exception:
            with self._log.open("a", encoding="utf-8") as log:
                traceback.print_exc(file=log)
            await self.signal(SIGKILL)
            raise

    async def _send_back(self) -> None:
        """Where a model is trained here, give the workspace what there is of it."""
        if self._stock and self._training:
            async with self._sending:
                await self._stock.send_back(self._training)

    async def _keep(self) -> None:
        """Have each checkpoint in the workspace soon, for whoever goes on from it if this node is lost."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            await self._send_back()

    async def _watch(self) -> None:
        """Without an owner, end the worker once it has no more work, and this host once it is of no use."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            alone = time.time() - self._heard
            if alone < ORPHAN_SECONDS:
                continue
            if not self._has_ended():
                if self._is_idle():
                    await self.signal(AFTER_THIS_TRIAL)
            elif alone > KEEP_SECONDS or replica.length(self._spool) <= self._fetched:
                self._clear()
                os._exit(0)

    def _is_idle(self) -> bool:
        """Whether all that the worker was ordered last has ended."""
        order = last_order(self._orders)
        if order is None:
            return True
        ended = set()
        for line in self._spool.read_bytes().split(b"\n"):
            event = parse(line) if b'"job_f' in line else None
            if isinstance(event, JobFinished | JobFailed):
                ended.add(event.job_id)
        return ended.issuperset(attempts_of(order))

    def _clear(self) -> None:
        shutil.rmtree(self._workspace.root, ignore_errors=True)
