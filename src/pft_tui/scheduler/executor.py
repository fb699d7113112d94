"""Where workers run: what the scheduler asks of any such place, and the place that is this machine."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from signal import Signals
from typing import Protocol

import psutil

from pft_tui.orders import Order, send
from pft_tui.paths import Workspace
from pft_tui.scheduler.slots import Slot
from pft_tui.scheduler.worker_files import Worker, WorkerFiles
from pft_tui.worker.launch import MODULE, arguments, environment


class Executor(Protocol):
    """A place where workers run. Nothing above it knows where that is."""

    idle_seconds: float
    """A worker without work is let go after so long."""

    def lacks(self, slot: Slot) -> str | None:
        """What a worker for the slot has to wait for, None where it can be started now."""

    def start(self, slot: Slot) -> Worker:
        """Start a worker for a slot that lacks nothing; it waits for orders."""

    def order(self, worker: Worker, order: Order) -> None:
        """Hand the worker an order."""

    def last_order(self, worker: Worker) -> Order | None:
        """The newest order of the worker, None where it has had none."""

    def is_alive(self, worker: Worker) -> bool:
        """Whether the very worker that was started may still report something."""

    def was_lost(self, worker: Worker) -> bool:
        """Whether a worker that is gone went down with its node, for no fault of its work."""

    def was_starved(self, worker: Worker) -> bool:
        """Whether a worker that is gone was ended since the memory of its node ran out."""

    def new_slots(self) -> Sequence[Slot] | None:
        """The slots that there are now, None where they are always those that it began with."""

    def strays(self) -> Sequence[Worker]:
        """Workers of this workspace that some earlier owner started and that still run."""

    def would_start(self, worker: Worker, slot: Slot) -> bool:
        """Whether a worker was started as one for this slot would be now."""

    def left_behind(self, alive: Collection[str]) -> list[str]:
        """The workers that were once started here and are not among those alive."""

    def forget(self, worker_id: str) -> None:
        """Delete what a worker that is gone was ordered."""

    def signal(self, worker: Worker, number: Signals) -> None:
        """Send a worker a signal; all processes of its group where that is to kill it."""

    def set_aside(self, worker: Worker) -> None:
        """Let nobody else have the worker's share of its device when it is gone."""

    def last_heard(self, worker: Worker) -> float:
        """When (time.time()) the worker last wrote to its spool or its log."""

    def log(self, worker_id: str) -> Path:
        """The file that holds what the worker says."""

    def last_words(self, worker_id: str) -> str:
        """The end of the worker's log."""

    def close(self) -> None:
        """Let go of the place; workers that still run go on."""


class LocalExecutor(WorkerFiles):
    """Worker processes on this machine, each with an inbox, a spool and a log of its own.

    They are sessions of their own, so that Ctrl-C in the terminal and the end of an SSH connection reach
    them only through their owner.
    """

    idle_seconds = float("inf")

    def __init__(self, workspace: Workspace, *, deterministic: bool) -> None:
        super().__init__(workspace)
        self._deterministic = deterministic

    def lacks(self, slot: Slot) -> str | None:  # noqa: ARG002 - every slot of this machine is there
        """Nothing: a process can always be started."""
        return None

    def start(self, slot: Slot) -> Worker:
        """Start a worker for a slot, which waits for orders."""
        worker_id = f"{slot.device.replace(':', '')}-{slot.index}-{secrets.token_hex(4)}"
        self.inbox(worker_id).touch(mode=0o600)
        with self.log(worker_id).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own module, arguments of our own making
                [sys.executable, *self._arguments(worker_id, slot)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(slot.threads),
                start_new_session=True,
            )
        process.returncode = 0  # `is_alive` waits for it, not this object
        started = _start_time(process.pid) or time.time()
        return Worker(worker_id, process.pid, started, slot.device, slot.index)

    def order(self, worker: Worker, order: Order) -> None:
        """Append an order to the worker's inbox."""
        send(order, self.inbox(worker.worker_id))

    def is_alive(self, worker: Worker) -> bool:
        """Whether the very process that was started is still at work."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(worker.pid, os.WNOHANG)
        return _start_time(worker.pid) == worker.started

    def was_lost(self, worker: Worker) -> bool:  # noqa: ARG002 - the scheduler goes down with this machine
        """Never: a process of this machine that dies may have done so by its work."""
        return False

    def was_starved(self, worker: Worker) -> bool:  # noqa: ARG002 - the system does not say whom it ended, or why
        """Never, as far as is known."""
        return False

    def new_slots(self) -> None:
        """None: the devices of this machine stay."""

    def strays(self) -> list[Worker]:
        """Workers of this workspace that some earlier owner started and that still run."""
        found = []
        for process in psutil.process_iter(["pid", "cmdline", "create_time", "status"]):
            given = process.info["cmdline"] or []
            if given[1:4] == ["-m", MODULE, str(self._workspace.root)] and len(given) >= 7:
                worker_id, device = given[4:6]
                slot = int(worker_id.split("-")[1])
                found.append(Worker(worker_id, process.pid, process.info["create_time"], device, slot))
        return found

    def would_start(self, worker: Worker, slot: Slot) -> bool:
        """Whether a worker was started as one for this slot would be now."""
        try:
            given = psutil.Process(worker.pid).cmdline()
        except psutil.NoSuchProcess:
            return False
        return given[1:] == self._arguments(worker.worker_id, slot)

    def signal(self, worker: Worker, number: Signals) -> None:
        """Send a worker a signal; all processes of its group where that is to kill it."""
        if not self.is_alive(worker):
            return
        with contextlib.suppress(ProcessLookupError):
            if number == Signals.SIGKILL:
                os.killpg(worker.pid, number)
            else:
                os.kill(worker.pid, number)

    def set_aside(self, worker: Worker) -> None:
        """Nothing is to be done: the slots of this machine are the scheduler's own."""

    def close(self) -> None:
        """Nothing is held."""

    def _arguments(self, worker_id: str, slot: Slot) -> list[str]:
        return arguments(
            self._workspace.root, worker_id, slot.device, slot.threads, deterministic=self._deterministic
        )


def _start_time(pid: int) -> float | None:
    """When the process began, None where there is none or only its zombie."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None
