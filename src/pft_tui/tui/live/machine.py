"""What the machine that the dashboard runs on is doing: processor, memory and GPUs, with a short history."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

HISTORY = 120
CPU = "cpu"


@dataclass(frozen=True, slots=True)
class Load:
    """How busy a device is: utilisation in percent, memory in bytes; None is what the driver does not say.

    `temperature` is in degrees Celsius, `power` and `power_limit` are in watts.
    """

    device: str
    name: str
    utilisation: float | None
    used: int | None
    total: int | None
    temperature: int | None = None
    power: float | None = None
    power_limit: float | None = None


class Monitor:
    """Reads the loads; keeps the utilisation of each device for the last readings."""

    def __init__(self) -> None:
        self._history: dict[str, deque[float | None]] = {}
        self._times: tuple[float, float] | None = None

    def read(self, devices: Iterable[str]) -> list[Load]:
        """The load of the processor, then that of each GPU among the devices (`cuda:0` and so on)."""
        loads = [self._processor()]
        loads += [_gpu(device) for device in sorted(set(devices)) if device != CPU]
        for load in loads:
            self._history.setdefault(load.device, deque(maxlen=HISTORY)).append(load.utilisation)
        return loads

    def _processor(self) -> Load:
        """The processor since the last reading: psutil would compare with the last one of the same thread."""
        import psutil

        times = psutil.cpu_times()
        idle, whole = times.idle + getattr(times, "iowait", 0.0), sum(times)
        before, self._times = self._times, (idle, whole)
        busy = None
        if before is not None and whole > before[1]:
            busy = min(max(100 * (1 - (idle - before[0]) / (whole - before[1])), 0.0), 100.0)
        memory, cores = psutil.virtual_memory(), psutil.cpu_count() or 1
        name = f"{cores} core{'s' * (cores != 1)}"
        return Load(CPU, name, busy, memory.total - memory.available, memory.total)

    def history(self, device: str) -> list[float | None]:
        """The utilisation of a device in percent, the last reading last."""
        return list(self._history.get(device, ()))


def _gpu(device: str) -> Load:
    import pynvml

    from pft_tui.scheduler.room import gpu_handle

    def ask(function: str, *arguments: Any) -> Any:  # noqa: ANN401 - what the driver's functions return
        try:
            return getattr(pynvml, function)(handle, *arguments)
        except pynvml.NVMLError:
            return None

    try:
        handle = gpu_handle(device)
    except (pynvml.NVMLError, ValueError, IndexError):
        return Load(device, "", None, None, None)
    rates, memory = ask("nvmlDeviceGetUtilizationRates"), ask("nvmlDeviceGetMemoryInfo")
    power, limit = ask("nvmlDeviceGetPowerUsage"), ask("nvmlDeviceGetEnforcedPowerLimit")
    return Load(
        device,
        str(ask("nvmlDeviceGetName") or "").removeprefix("NVIDIA "),
        None if rates is None else float(rates.gpu),
        None if memory is None else int(memory.used),
        None if memory is None else int(memory.total),
        ask("nvmlDeviceGetTemperature", pynvml.NVML_TEMPERATURE_GPU),
        None if power is None else power / 1000,
        None if limit is None else limit / 1000,
    )
