"""What must be free on this machine before more work is begun: disk, and memory on a GPU."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from pft_tui.scheduler.seat import Seat
from pft_tui.settings.model import RunSettings
from pft_tui.units import GIB

# A worker's memory is known once it has worked for a while; another may need a little more.
SETTLE_SECONDS = 30.0
MARGIN = 1.2


class Room:
    """Says why a free seat should not be filled now.

    With `slots_per_gpu = "auto"` a GPU gets one worker, and another whenever the last one has settled and
    as much memory is free as those there have come to use each, a margin added.
    """

    def __init__(
        self,
        folder: Path,
        settings: RunSettings,
        free_memory: Callable[[str], int | None] | None = None,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._free_memory = free_memory or free_gpu_memory
        self._empty: dict[str, int] = {}
        self._each: dict[str, float] = {}

    def lacks(self, seat: Seat, seats: Sequence[Seat]) -> str | None:
        """What the seat, one of `seats`, has to wait for; None where it can be filled."""
        free = shutil.disk_usage(self._folder).free
        if free < self._settings.disk_floor * GIB:
            return f"waits for room on the disk ({_gib(free)} free, {self._settings.disk_floor:g} GiB wanted)"
        if seat.worker is not None or seat.slot.device == "cpu":
            return None
        device = seat.slot.device
        memory = self._free_memory(device)
        if memory is None:
            return None
        there = [other for other in seats if other.is_taken and other.slot.device == device]
        if not there:
            self._empty[device] = memory
        wanted = self._settings.gpu_memory_floor * GIB
        if self._settings.slots_per_gpu == "auto" and there:
            if (
                time.time() - max(other.handed for other in there) < SETTLE_SECONDS
                and device not in self._each
            ):
                return "waits for a free slot"
            wanted = max(wanted, MARGIN * self._used_by_each(device, memory, len(there)))
        if memory < wanted:
            return f"waits for GPU memory ({_gib(memory)} free on {device}, {_gib(wanted)} wanted)"
        return None

    def _used_by_each(self, device: str, free: int, workers: int) -> float:
        """The most memory (bytes) that the workers of a GPU were seen to use, on average over them."""
        used = (self._empty.get(device, free) - free) / workers
        self._each[device] = max(used, self._each.get(device, 0.0))
        return self._each[device]


def free_gpu_memory(device: str) -> int | None:
    """The free memory of `cuda:N` in bytes, None where the driver does not say."""
    import pynvml

    try:
        return int(pynvml.nvmlDeviceGetMemoryInfo(gpu_handle(device)).free)
    except pynvml.NVMLError:
        return None


@cache
def gpu_handle(device: str) -> object:
    """The driver's handle of `cuda:N`, counted as CUDA_VISIBLE_DEVICES has it. Raises NVMLError."""
    import pynvml

    pynvml.nvmlInit()
    index = int(device.partition(":")[2])
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    name = visible.split(",")[index].strip() if visible else str(index)
    if name.isdigit():
        return pynvml.nvmlDeviceGetHandleByIndex(int(name))
    return pynvml.nvmlDeviceGetHandleByUUID(name)


def _gib(size: float) -> str:
    return f"{size / GIB:.1f} GiB"
