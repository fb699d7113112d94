"""Whether a device has the memory that a bundle needs, asked before its first trial begins."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

from pft_tui.errors import DeviceError
from pft_tui.paths import Workspace
from pft_tui.training.memory import Memory
from pft_tui.units import GIB
from pft_tui.worker.machine import MachineMemory, machine_memory

REMEDY = "take finetune.protocol = 'frozen-cnn' or 'head', or a smaller finetune.crop_seconds"


def memory_there(device: torch.device) -> MachineMemory:
    """The memory of a device, and what of it this process could have."""
    if device.type != "cuda":
        return machine_memory()
    free, total = torch.cuda.mem_get_info(device)
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return MachineMemory(total, free + unused)


@contextmanager
def memory_claimed(
    workspace: Workspace, memory: Memory, device: torch.device, there: MachineMemory
) -> Iterator[None]:
    """Nothing is begun in the block that finds no room; `there` was before anything of it was loaded.

    On a CPU other workers of the workspace may have claimed memory that they do not use yet: it is not free.
    Raises DeviceError where the device is too small, OutOfMemoryError where others hold what is needed: then
    the scheduler makes do with a worker less.
    """
    if memory.total > there.total:
        raise DeviceError(f"{_words(memory, device)}; it has {there.total / GIB:.2f} in all", hint=REMEDY)
    if device.type == "cuda":
        _require(memory, device, there.free)
        yield
        return
    claims = workspace.claims
    claims.mkdir(mode=0o700, exist_ok=True)
    own = claims / str(os.getpid())
    with (claims / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _require(memory, device, there.free - sum(claim.outstanding for claim in _others(claims)))
        own.write_text(json.dumps([memory.total, psutil.Process().create_time()]), encoding="utf-8")
    try:
        yield
    finally:
        own.unlink(missing_ok=True)


def _require(memory: Memory, device: torch.device, free: int) -> None:
    if memory.total > free:
        fewer = "run.slots_per_gpu" if device.type == "cuda" else "run.cpu_slots"
        raise torch.OutOfMemoryError(
            f"{_words(memory, device)}; {max(0, free) / GIB:.2f} are free (lower {fewer}, or {REMEDY})"
        )


def _words(memory: Memory, device: torch.device) -> str:
    parts = ", ".join(
        f"{name} {size / GIB:.2f}"
        for name, size in (
            ("weights", memory.weights),
            ("passes", memory.passes),
            ("inputs", memory.inputs),
        )
    )
    return f"these trials need {memory.total / GIB:.2f} GiB of memory on {device} ({parts})"


@dataclass(frozen=True, slots=True)
class _Claim:
    size: int
    used: int

    @property
    def outstanding(self) -> int:
        return max(0, self.size - self.used)


def _others(claims: Path) -> Iterator[_Claim]:
    """What other workers that are alive have claimed; the claims of others are cleared away."""
    for path in claims.iterdir():
        if not path.name.isdigit() or path.name == str(os.getpid()):
            continue
        with contextlib.suppress(OSError, ValueError):
            size, started = json.loads(path.read_text(encoding="utf-8"))
            used = _used_by(int(path.name), started)
            if used is None:
                path.unlink(missing_ok=True)
            else:
                yield _Claim(size, used)


def _used_by(pid: int, started: float) -> int | None:
    """The memory of the very process that began then; None where it is gone."""
    try:
        process = psutil.Process(pid)
        return int(process.memory_info().rss) if process.create_time() == started else None
    except psutil.NoSuchProcess:
        return None
