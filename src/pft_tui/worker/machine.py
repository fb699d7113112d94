"""The memory of the machine as this process may use it: all of it, or what its control group allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


@dataclass(frozen=True, slots=True)
class MachineMemory:
    """Bytes of memory there are, and those that could be had now."""

    total: int
    free: int


def machine_memory(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> MachineMemory:
    """The memory of this machine, or of a control group (of a container or a batch job) where that has less.

    Clean pages of files count as free, as the kernel takes them back.
    """
    machine = psutil.virtual_memory()
    total, free = machine.total, machine.available
    for limit, used in _limits(cgroups, membership):
        total, free = min(total, limit), min(free, limit - used)
    return MachineMemory(total, max(0, free))


def _limits(cgroups: Path, membership: Path) -> Iterator[tuple[int, int]]:
    """The limit and the use of each group that this process is in, in both versions of control groups."""
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for _, controllers, own in (line.split(":", 2) for line in lines):
        if controllers not in ("", "memory"):
            continue
        root = cgroups / controllers
        limit, use, idle = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            if controllers
            else ("memory.max", "memory.current", "inactive_file")
        )
        group = root / own.strip("/")
        for folder in (group, *group.parents[: len(group.parts) - len(root.parts)]):
            most, used = _number(folder / limit), _number(folder / use)
            if most is not None and used is not None:
                yield most, used - _counted(folder / "memory.stat", idle)


def _number(file: Path) -> int | None:
    """The number in a file; None where there is none, or something else as `max`."""
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _counted(stat: Path, name: str) -> int:
    try:
        lines = stat.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0)
