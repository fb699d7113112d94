"""What a host on a node is told to run, and where it says that it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Charge:
    """A worker to be run on a node.

    `device` is the worker's own name for it (Ray shows it one GPU at most), `share` the part of a GPU that
    it holds. `root` is the workspace's folder on its own machine, `shared` whether nodes see it there, too.
    """

    worker_id: str
    device: str
    share: float
    threads: int
    deterministic: bool
    root: str
    shared: bool

    @property
    def resources(self) -> dict[str, float]:
        """What Ray reserves for it, in the words of an actor's options."""
        return {"num_cpus": self.threads, "num_gpus": self.share}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a worker runs: its node (by Ray's id), the GPU there if it has one, its pid and start time."""

    node_id: str
    gpu: str | None
    pid: int
    started: float
