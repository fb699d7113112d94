"""What the user had on screen, kept in the workspace over lost connections and crashes."""

from __future__ import annotations

import json
import os
from typing import Any

from pft_tui.paths import Workspace

FILE = "dashboard.json"


class Memory:
    """A JSON file of the user's own; what is not as expected in it is forgotten."""

    def __init__(self, workspace: Workspace) -> None:
        self._path = workspace.private / FILE
        self._saved = self._read()

    @property
    def content(self) -> dict[str, Any]:
        """What was saved last."""
        return dict(self._saved)

    def save(self, content: dict[str, Any]) -> None:
        """Write it where it changed: all of it or nothing. A disk that cannot take it is no matter."""
        if content == self._saved or not self._path.parent.is_dir():
            return
        self._saved = content
        fresh = self._path.with_suffix(f".{os.getpid()}")
        try:
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(content), encoding="utf-8")
            fresh.replace(self._path)
        except OSError:
            fresh.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
