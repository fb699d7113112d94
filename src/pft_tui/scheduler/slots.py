"""The slots of this machine: which devices there are and how many workers share each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from pft_tui.errors import DeviceError
from pft_tui.settings.model import RunSettings

MOST_CPU_SLOTS = 8
MOST_AUTO_SLOTS = 8
ANY_NODE = "any node"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one worker: a device such as `cpu` or `cuda:0`, and the threads it may use.

    `work` says what it is for: corpora are prepared where their files are, which need not be where models
    are trained.
    """

    index: int
    device: str
    threads: int
    work: Literal["all", "preparing", "training"] = "all"

    @property
    def node(self) -> str | None:
        """The node of a cluster that it is on, any before a worker holds it; None for this machine."""
        return ANY_NODE if self.work == "training" else None

    @property
    def own_device(self) -> str:
        """What a model that several devices train takes of each: a GPU, or one slot of the CPU."""
        return f"{self.device} {self.index}" if self.device == "cpu" else self.device


def slots_of(settings: RunSettings) -> list[Slot]:
    """The slots that the settings ask for on this machine.

    Raises DeviceError where a GPU is asked for that is not there, or more devices for a model than there are.
    """
    devices = _devices(settings)
    threads = settings.threads or max(1, _cores() // len(devices))
    slots = [Slot(index, device, threads) for index, device in enumerate(devices)]
    _check_together(settings.devices_per_model, slots)
    return slots


def _devices(settings: RunSettings) -> list[str]:
    there = gpus()
    if isinstance(settings.devices, str):
        gpu_names = there if settings.devices == "auto" else []
    else:
        gpu_names = [device for device in settings.devices if device != "cpu"]
        _check(gpu_names, there)
    if gpu_names:
        asked = settings.slots_per_gpu
        each = max(1, min(MOST_AUTO_SLOTS, _cores() // len(gpu_names))) if asked == "auto" else asked
        return [name for name in gpu_names for _ in range(each)]
    return ["cpu"] * (settings.cpu_slots or min(_cores(), MOST_CPU_SLOTS))


def _check(asked: list[str], there: list[str]) -> None:
    for device in asked:
        if device not in there:
            have = ", ".join(there) or "no GPU"
            raise DeviceError(
                f"run.devices asks for {device}, but this machine has {have}",
                hint='set run.devices to "auto", "cpu" or a list of what is there',
            )


def _check_together(asked: int, slots: list[Slot]) -> None:
    there = len({slot.own_device for slot in slots})
    if asked > there:
        kind = "slot without a GPU" if slots[0].device == "cpu" else "GPU"
        raise DeviceError(
            f"run.devices_per_model asks for {asked} devices, but the run has {there} (each a {kind})",
            hint=f"set it to {there}, or give the run more devices",
        )


def gpus() -> list[str]:
    """The NVIDIA GPUs that this process may use, as `cuda:0` and so on, without importing torch.

    CUDA_VISIBLE_DEVICES is respected as CUDA does: its entries are renumbered from 0.
    """
    import pynvml

    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        count = len([entry for entry in visible.split(",") if entry.strip() not in ("", "-1")])
        return [f"cuda:{index}" for index in range(count)]
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [f"cuda:{index}" for index in range(pynvml.nvmlDeviceGetCount())]
    finally:
        pynvml.nvmlShutdown()


def _cores() -> int:
    return len(os.sched_getaffinity(0))
