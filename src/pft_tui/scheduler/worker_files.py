"""What lies in the workspace of each worker, wherever it runs: its inbox, its spool and its log."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pft_tui.orders import Order, last_order
from pft_tui.paths import Workspace


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, known by its pid and its start time (pids are used again), and its slot.

    `device` names the very device that it holds. `node` is the cluster's node that it runs on, None for
    this machine.
    """

    worker_id: str
    pid: int
    started: float
    device: str
    slot: int
    node: str | None = None


class WorkerFiles:
    """The files of a workspace's workers."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def inbox(self, worker_id: str) -> Path:
        """The file that holds what the worker was ordered."""
        return self._workspace.inbox / f"{worker_id}.jsonl"

    def spool(self, worker_id: str) -> Path:
        """The file that holds what the worker has reported."""
        return self._workspace.spool / f"{worker_id}.jsonl"

    def log(self, worker_id: str) -> Path:
        """The file that holds what the worker says."""
        return self._workspace.logs / f"{worker_id}.log"

    def last_order(self, worker: Worker) -> Order | None:
        """The newest order of the worker, None where it has had none."""
        return last_order(self.inbox(worker.worker_id))

    def left_behind(self, alive: Collection[str]) -> list[str]:
        """The workers that were once started here and are not among those alive."""
        return sorted({path.stem for path in self._workspace.inbox.glob("*.jsonl")} - set(alive))

    def forget(self, worker_id: str) -> None:
        """Delete what a worker that is gone was ordered."""
        self.inbox(worker_id).unlink(missing_ok=True)

    def last_heard(self, worker: Worker) -> float:
        """When (time.time()) the worker last wrote to its spool or its log."""
        times = [worker.started]
        for path in (self.spool(worker.worker_id), self.log(worker.worker_id)):
            with contextlib.suppress(FileNotFoundError):
                times.append(path.stat().st_mtime)
        return max(times)

    def last_words(self, worker_id: str, lines: int = 12) -> str:
        """The end of the worker's log."""
        try:
            text = self.log(worker_id).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])
