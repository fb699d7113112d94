"""The logs of workers, and what is added to a log."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pft_tui.paths import Workspace


def worker_log(workspace: Workspace, job: Mapping[str, Any]) -> Path | None:
    """The log of the worker that has a job or had it last; None where it was never begun."""
    return workspace.logs / f"{job['worker']}.log" if job["worker"] else None


class Tail:
    """The text of a log and what is added to it, as far as `most` bytes before its end where that is given.

    `left_out` is how many bytes before those are not shown. A log that is not there yet is empty.
    """

    def __init__(self, path: Path, most: int | None = None) -> None:
        self.path = path
        self.left_out = 0
        self._most = most
        self._at: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def read(self) -> str:
        """What was added since the last time."""
        try:
            with self.path.open("rb") as file:
                if self._at is None:
                    self._at = self.left_out = self._beginning(file.seek(0, 2))
                file.seek(self._at)
                added = file.read()
        except FileNotFoundError:
            return ""
        self._at += len(added)
        return self._decoder.decode(added)

    def _beginning(self, size: int) -> int:
        return max(0, size - self._most) if self._most is not None else 0
