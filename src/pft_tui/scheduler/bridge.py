"""The process that talks to Ray, as its owner sees it: it is told, it is heard, and is started anew."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator

from pft_tui.cluster.messages import COMMANDS, WORDS, Command, Connected, End, Refused, Word
from pft_tui.paths import Workspace

MODULE = "pft_tui.cluster.bridge"
AGAIN_SECONDS = 3.0
END_SECONDS = 10.0
READ_BYTES = 1 << 20
# How soon Ray ends a process whose cluster no longer answers; its own default is a minute.
_PATIENCE = {"RAY_gcs_rpc_server_reconnect_timeout_s": "20"}


class Bridge:
    """Owns one bridge process at a time, and never waits for it but at the end.

    What it is told while none is connected is lost: who tells it says so again on Connected.
    """

    def __init__(self, workspace: Workspace, address: str) -> None:
        self._workspace = workspace
        self._address = address
        self._process: subprocess.Popen[bytes] | None = None
        self._received = b""
        self._is_connected = False
        self._again_at = 0.0

    def tell(self, command: Command) -> None:
        """Pass a command on, if there is anybody to take it."""
        if self._is_connected and self._process and self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.write(COMMANDS.dump_json(command) + b"\n")
                self._process.stdin.flush()

    def words(self) -> Iterator[Word]:
        """What it has said since; Refused where it has ended, whatever made it end."""
        if self._process is None:
            if time.monotonic() > self._again_at:
                self._start()
            return
        *lines, self._received = (self._received + self._read(self._process)).split(b"\n")
        for line in lines:
            word = WORDS.validate_json(line)
            self._is_connected |= isinstance(word, Connected)
            yield word
        if self._process.poll() is not None:
            self._drop(self._process)
            yield Refused("the cluster does not answer")

    def close(self) -> None:
        """Have it give all nodes back and end."""
        process = self._process
        if process is None:
            return
        self.tell(End())
        self._drop(process)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self) -> None:
        with (self._workspace.logs / "bridge.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", MODULE, str(self._workspace.root), self._address],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_PATIENCE | os.environ,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)

    def _read(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        try:
            return os.read(process.stdout.fileno(), READ_BYTES)
        except BlockingIOError:
            return b""

    def _drop(self, process: subprocess.Popen[bytes]) -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process, self._received, self._is_connected = None, b"", False
        self._again_at = time.monotonic() + AGAIN_SECONDS
