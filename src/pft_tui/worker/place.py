"""Where a worker computes, as its results name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A device (`cpu`, `cuda:0`), its own name, its threads, and the environment it is part of."""

    device: str
    name: str
    threads: int
    deterministic: bool
    environment_id: str
