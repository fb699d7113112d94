"""Where workers run. The one module that knows how a worker process is started, watched and stopped."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from pft_tui.orders import Order, send
from pft_tui.paths import Workspace
from pft_tui.scheduler.slots import Slot

MODULE = "pft_tui.worker"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, known by its pid and its start time (pids are used again)."""

    worker_id: str
    pid: int
    started: float


class LocalExecutor:
    """Worker processes on this machine, each with an inbox, a spool and a log of its own.

    They are sessions of their own, so that Ctrl-C in the terminal and the end of an SSH connection reach
    them only through their owner.
    """

    def __init__(self, workspace: Workspace, *, deterministic: bool) -> None:
        self._workspace = workspace
        self._deterministic = deterministic

    def start(self, slot: Slot) -> Worker:
        """Start a worker for a slot; it loads torch and then waits for orders."""
        worker_id = f"{slot.device.replace(':', '')}-{slot.index}-{secrets.token_hex(4)}"
        self._inbox(worker_id).touch(mode=0o600)
        command = [sys.executable, "-m", MODULE, str(self._workspace.root), worker_id]
        command += [slot.device, str(slot.threads)] + ["--deterministic"] * self._deterministic
        environment = os.environ | {
            "OMP_NUM_THREADS": str(slot.threads),
            "MKL_NUM_THREADS": str(slot.threads),
            "TOKENIZERS_PARALLELISM": "false",
        }
        with self.log(worker_id).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own module, arguments of our own making
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        return Worker(worker_id, process.pid, _start_time(process.pid) or time.time())

    def order(self, worker: Worker, order: Order) -> None:
        """Append an order to the worker's inbox."""
        send(order, self._inbox(worker.worker_id))

    def is_alive(self, worker: Worker) -> bool:
        """Whether the very process that was started is still at work."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(worker.pid, os.WNOHANG)
        return _start_time(worker.pid) == worker.started

    def strays(self) -> list[Worker]:
        """Workers of this workspace that some earlier owner started and that still run."""
        found = []
        for process in psutil.process_iter(["pid", "cmdline", "create_time"]):
            arguments = process.info["cmdline"] or []
            if arguments[1:4] == ["-m", MODULE, str(self._workspace.root)]:
                found.append(Worker(arguments[4], process.pid, process.info["create_time"]))
        return found

    def stop(self, workers: Iterable[Worker], *, grace_seconds: float) -> None:
        """Ask workers to end (SIGTERM), and kill the process group of those that have not in time."""
        remaining = [worker for worker in workers if self.is_alive(worker)]
        _signal(remaining, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while remaining and time.monotonic() < deadline:
            time.sleep(0.02)
            remaining = [worker for worker in remaining if self.is_alive(worker)]
        _signal(remaining, signal.SIGKILL)
        while remaining:
            time.sleep(0.02)
            remaining = [worker for worker in remaining if self.is_alive(worker)]

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

    def _inbox(self, worker_id: str) -> Path:
        return self._workspace.inbox / f"{worker_id}.jsonl"


def _start_time(pid: int) -> float | None:
    """When the process began, None where there is none or only its zombie."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def _signal(workers: Iterable[Worker], number: signal.Signals) -> None:
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, number)
