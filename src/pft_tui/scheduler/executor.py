"""Where workers run. The one module that knows how a worker process is started, watched and signalled."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

import psutil

from pft_tui.orders import Order, last_order, send
from pft_tui.paths import Workspace
from pft_tui.scheduler.slots import Slot

MODULE = "pft_tui.worker"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, known by its pid and its start time (pids are used again), and its slot."""

    worker_id: str
    pid: int
    started: float
    device: str
    slot: int


class LocalExecutor:
    """Worker processes on this machine, each with an inbox, a spool and a log of its own.

    They are sessions of their own, so that Ctrl-C in the terminal and the end of an SSH connection reach
    them only through their owner.
    """

    def __init__(self, workspace: Workspace, *, deterministic: bool) -> None:
        self._workspace = workspace
        self._deterministic = deterministic

    def start(self, slot: Slot) -> Worker:
        """Start a worker for a slot, which waits for orders."""
        worker_id = f"{slot.device.replace(':', '')}-{slot.index}-{secrets.token_hex(4)}"
        self._inbox(worker_id).touch(mode=0o600)
        environment = os.environ | {
            "OMP_NUM_THREADS": str(slot.threads),
            "MKL_NUM_THREADS": str(slot.threads),
            "TOKENIZERS_PARALLELISM": "false",
        }
        with self.log(worker_id).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own module, arguments of our own making
                [sys.executable, *self._arguments(worker_id, slot)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        process.returncode = 0  # `is_alive` waits for it, not this object
        started = _start_time(process.pid) or time.time()
        return Worker(worker_id, process.pid, started, slot.device, slot.index)

    def order(self, worker: Worker, order: Order) -> None:
        """Append an order to the worker's inbox."""
        send(order, self._inbox(worker.worker_id))

    def last_order(self, worker: Worker) -> Order | None:
        """The newest order of the worker, None where it has had none."""
        return last_order(self._inbox(worker.worker_id))

    def is_alive(self, worker: Worker) -> bool:
        """Whether the very process that was started is still at work."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(worker.pid, os.WNOHANG)
        return _start_time(worker.pid) == worker.started

    def strays(self) -> list[Worker]:
        """Workers of this workspace that some earlier owner started and that still run."""
        found = []
        for process in psutil.process_iter(["pid", "cmdline", "create_time", "status"]):
            arguments = process.info["cmdline"] or []
            if arguments[1:4] == ["-m", MODULE, str(self._workspace.root)] and len(arguments) >= 7:
                worker_id, device = arguments[4:6]
                slot = int(worker_id.split("-")[1])
                found.append(Worker(worker_id, process.pid, process.info["create_time"], device, slot))
        return found

    def would_start(self, worker: Worker, slot: Slot) -> bool:
        """Whether a worker was started as one for this slot would be now."""
        try:
            arguments = psutil.Process(worker.pid).cmdline()
        except psutil.NoSuchProcess:
            return False
        return arguments[1:] == self._arguments(worker.worker_id, slot)

    def left_behind(self, alive: Collection[str]) -> list[str]:
        """The workers that were once started here and are not among those alive."""
        return sorted({path.stem for path in self._workspace.inbox.glob("*.jsonl")} - set(alive))

    def forget(self, worker_id: str) -> None:
        """Delete what a worker that is gone was ordered."""
        self._inbox(worker_id).unlink(missing_ok=True)

    def signal(self, worker: Worker, number: Signals) -> None:
        """Send a worker a signal; all processes of its group where that is to kill it."""
        if not self.is_alive(worker):
            return
        with contextlib.suppress(ProcessLookupError):
            if number == Signals.SIGKILL:
                os.killpg(worker.pid, number)
            else:
                os.kill(worker.pid, number)

    def last_heard(self, worker: Worker) -> float:
        """When (time.time()) the worker last wrote to its spool or its log."""
        times = [worker.started]
        for path in (self._workspace.spool / f"{worker.worker_id}.jsonl", self.log(worker.worker_id)):
            with contextlib.suppress(FileNotFoundError):
                times.append(path.stat().st_mtime)
        return max(times)

    def log(self, worker_id: str) -> Path:
        """The file that holds what the worker says."""
        return self._workspace.logs / f"{worker_id}.log"

    def last_words(self, worker_id: str, lines: int = 12) -> str:
        """The end of the worker's log."""
        try:
            text = self.log(worker_id).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _arguments(self, worker_id: str, slot: Slot) -> list[str]:
        arguments = ["-m", MODULE, str(self._workspace.root), worker_id, slot.device, str(slot.threads)]
        return arguments + ["--deterministic"] * self._deterministic

    def _inbox(self, worker_id: str) -> Path:
        return self._workspace.inbox / f"{worker_id}.jsonl"


def _start_time(pid: int) -> float | None:
    """When the process began, None where there is none or only its zombie."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None
