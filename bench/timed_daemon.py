"""The daemon with a stopwatch: `python bench/timed_daemon.py WORKSPACE FILE`.

Before every answer it writes to FILE, as JSON, the seconds of the processor (all threads) that each of its
parts took, and the most memory that it had.
"""

from __future__ import annotations

import functools
import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pft_tui.daemon.client import ask, is_running
from pft_tui.daemon.serve import serve
from pft_tui.daemon.server import Server
from pft_tui.daemon.service import Service
from pft_tui.paths import Workspace
from pft_tui.scheduler.scheduler import Scheduler
from pft_tui.store import ingest, owner
from pft_tui.store.owner import Store

# The functions that are timed, by what they do; what one calls that stands here too is not counted twice.
PARTS: dict[str, list[tuple[Any, str]]] = {
    "reading the spools": [(ingest, "read_whole_lines"), (ingest, "spool_files")],
    "parsing": [(ingest, "parse_all")],
    "folding events into rows": [(ingest, "_fold")],
    "inserting": [(ingest, "_write"), (ingest, "_move_offsets")],
    "committing": [(owner, "take_in")],
    "telling seats what ended": [(Scheduler, "hear")],
    "watching workers": [(Scheduler, "_bury"), (Scheduler, "_watch")],
    "planning and orders": [(Scheduler, "_assign")],
    "publishing": [(Scheduler, "_publish_if_due"), (Store, "publish")],
    "queueing": [(Service, "_enqueue")],
    "answering": [(Service, "answer")],
    "the socket": [(Server, "serve")],
}
LOOP = "the rest of its loop"


class Stopwatch:
    """Shares the process's processor time out among its parts, each without the parts that it calls."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._now = LOOP
        self._since = time.process_time()

    def turn(self, part: str) -> str:
        """The time from now on is that of another part; the part before."""
        before, now = self._now, time.process_time()
        self.seconds[before] += now - self._since
        self._now, self._since = part, now
        return before

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted as that of a part."""

        @functools.wraps(function)
        def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes
            before = self.turn(part)
            try:
                return function(*given, **named)
            finally:
                self.turn(before)

        return call


@contextmanager
def timed_daemon(workspace: Workspace) -> Iterator[Path]:
    """A daemon with a stopwatch, and the file that says what it took until it was last asked something."""
    workspace.make_folders()
    told, log = workspace.root / "told.json", workspace.root / "daemon.log"
    command = [sys.executable, __file__, str(workspace.root), str(told)]
    with log.open("wb") as words, subprocess.Popen(command, stderr=words) as process:
        while not is_running(workspace):
            if process.poll() is not None:
                raise RuntimeError(log.read_text())
            time.sleep(0.05)
        try:
            yield told
        finally:
            ask(workspace, "down", now=True)


def main() -> None:
    """Serve, and say at the end what that took."""
    watch = Stopwatch()
    for part, functions in PARTS.items():
        for place, name in functions:
            setattr(place, name, watch.timed(part, getattr(place, name)))
    answer, file = Service.answer, Path(sys.argv[2])

    def tell_and_answer(service: Service, line: bytes) -> bytes:
        watch.turn(watch.turn(LOOP))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        file.write_text(json.dumps({"seconds": watch.seconds, "most_bytes": most}))
        return answer(service, line)

    Service.answer = tell_and_answer  # type: ignore[method-assign]
    serve(Workspace(Path(sys.argv[1])), [])


if __name__ == "__main__":
    main()
