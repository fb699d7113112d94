"""Talking to the daemon from any process, and starting it where it does not run.

Imports nothing heavy: what it needs is a socket and JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pft_tui.daemon.address import connect
from pft_tui.errors import PftError
from pft_tui.paths import Workspace

MODULE = "pft_tui.daemon"
ANSWER_SECONDS = 60.0
START_SECONDS = 60.0
RIVAL_SECONDS = 1.0
POLL_SECONDS = 0.02
# In a process group of its own and away from the terminal; `$!` is its pid, and the shell leaves it to init.
_DETACH = '"$@" </dev/null >>"$0" 2>&1 & echo $!'


class DaemonError(PftError):
    """The daemon cannot be reached or does not start."""


class RefusedError(PftError):
    """The daemon's own error, with its exit code."""

    def __init__(self, message: str, hint: str | None, exit_code: int) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code


def ask(workspace: Workspace, name: str, *, timeout: float = ANSWER_SECONDS, **arguments: object) -> Any:  # noqa: ANN401 - plain JSON data
    """The daemon's answer to one named request.

    Raises DaemonError where no daemon runs or it falls silent, RefusedError where it refuses.
    """
    request = json.dumps({"do": name, **arguments}).encode() + b"\n"
    try:
        with connect(workspace, timeout) as connection, connection.makefile("rb") as answers:
            connection.sendall(request)
            line = answers.readline()
    except TimeoutError:
        raise DaemonError(
            f"the daemon has not answered for {timeout:g} seconds", hint=f"see {log_file(workspace)}"
        ) from None
    except OSError as error:
        raise DaemonError(
            f"no daemon runs in {workspace.root} ({error.strerror})", hint="`pft up` starts one"
        ) from None
    if not line.endswith(b"\n"):
        raise DaemonError("the daemon ended before it answered", hint=f"see {log_file(workspace)}")
    answer = json.loads(line)
    if "error" in answer:
        refused = answer["error"]
        raise RefusedError(refused["message"], refused["hint"], refused["exit_code"])
    return answer["ok"]


def is_running(workspace: Workspace) -> bool:
    """Whether a daemon listens in the workspace."""
    try:
        connect(workspace, ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


def ensure_running(workspace: Workspace, flags: list[str] | None = None) -> bool:
    """Start the daemon where it does not run; True where it was started now.

    `flags` are settings over `pft.toml`. Raises DaemonError with the end of its log where it does not start.
    """
    if is_running(workspace):
        return False
    workspace.make_folders()
    log = log_file(workspace)
    written = log.stat().st_size if log.exists() else 0
    pid = _start(workspace, log, flags or [])
    deadline = time.monotonic() + START_SECONDS
    while not is_running(workspace):
        # One that was started at the same moment may have been first, and be about to listen.
        if not Path(f"/proc/{pid}").exists() and not _is_owned_by_daemon(workspace):
            deadline = min(deadline, time.monotonic() + RIVAL_SECONDS)
        if time.monotonic() > deadline:
            words = log.read_bytes()[written:].decode(errors="replace").strip()
            raise DaemonError(f"the daemon did not start: {words}", hint=f"see {log}")
        time.sleep(POLL_SECONDS)
    return True


def _is_owned_by_daemon(workspace: Workspace) -> bool:
    """Whether the process that says to own the workspace is a daemon of it."""
    try:
        owner = workspace.owner_lock.read_text(encoding="utf-8").strip()
        command = Path(f"/proc/{owner}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return MODULE.encode() in command and os.fsencode(workspace.root) in command


def log_file(workspace: Workspace) -> Path:
    """Where the daemon says what it does."""
    return workspace.logs / "daemon.log"


def _start(workspace: Workspace, log: Path, flags: list[str]) -> int:
    command = [sys.executable, "-m", MODULE, str(workspace.root)]
    command += [part for flag in flags for part in ("--set", flag)]
    started = subprocess.run(  # noqa: S603 - a fixed script, our own module
        ["/bin/sh", "-c", _DETACH, str(log), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    return int(started.stdout)
