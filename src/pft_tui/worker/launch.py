"""The command line and the environment of a worker process, wherever it is started."""

from __future__ import annotations

import os
from pathlib import Path

MODULE = "pft_tui.worker"


def arguments(
    workspace: Path, worker_id: str, device: str, threads: int, *, deterministic: bool, module: str = MODULE
) -> list[str]:
    """What follows `python`; `module` starts the worker."""
    plain = ["-m", module, str(workspace), worker_id, device, str(threads)]
    return plain + ["--deterministic"] * deterministic


def environment(threads: int) -> dict[str, str]:
    """This process's environment, with libraries kept to so many threads."""
    return os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
    }
