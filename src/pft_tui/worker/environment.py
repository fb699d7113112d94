"""What a result was computed with: packages, machine, device and the project's own revision."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
import torch

from pft_tui.specs import identify
from pft_tui.training.arithmetic import fast_bf16
from pft_tui.units import GIB

PACKAGES = (
    "pft-tui",
    "torch",
    "torchaudio",
    "transformers",
    "numpy",
    "soundfile",
    "duckdb",
    "opensmile",
    "peft",
)


def environment(workspace: Path, device: str, *, threads: int, deterministic: bool) -> dict[str, str]:
    """The environment of this process, as plain text by name."""
    details = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "host": platform.node(),
        "cpu": _cpu_name(),
        "cpu_bf16": str(fast_bf16()).lower(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory_gib": f"{psutil.virtual_memory().total / GIB:.0f}",
        "device": device_name(device),
        "threads": str(threads),
        "deterministic": str(deterministic).lower(),
    }
    details |= {f"package:{name}": found for name in PACKAGES if (found := _version(name))}
    if torch.version.cuda and device != "cpu":
        details["cuda"] = torch.version.cuda
    for name, folder in (("git:workspace", workspace), ("git:pft-tui", Path(__file__).parent)):
        if revision := _git_revision(folder):
            details[name] = revision
    return details


def environment_id(details: dict[str, str]) -> str:
    """The hash of an environment."""
    return identify("environment", details)


def device_name(device: str) -> str:
    """The GPU's or processor's own name."""
    return torch.cuda.get_device_name(device) if device != "cpu" else _cpu_name()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _git_revision(folder: Path) -> str | None:
    """The revision checked out in a folder, with `-dirty` where files differ; None outside of git."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None
