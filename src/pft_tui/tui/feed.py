"""What the dashboard reads and does. Every method blocks, and may be called from any thread."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from pft_tui import __version__
from pft_tui.daemon.client import DaemonError, RefusedError, ask, ensure_running
from pft_tui.errors import PftError
from pft_tui.paths import Workspace

PATIENCE_SECONDS = 5.0
NO_DAEMON = "no daemon"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is nothing to see, and what to do about it, a line each."""

    title: str
    words: str
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pulse:
    """How everything is, at the time `at` (seconds since the epoch).

    `status` is the daemon's, None where it does not answer; `overview` (see `store.live.Overview`) comes
    from the daemon or from the snapshot published at `as_of`. `notice` is a line on what is not as usual.
    """

    at: float
    source: Literal["daemon", "snapshot", "nothing"]
    status: dict[str, Any] | None = None
    overview: dict[str, Any] | None = None
    as_of: float | None = None
    notice: str | None = None
    trouble: Trouble | None = None


class Feed:
    """The daemon of a workspace, and its snapshot where no daemon runs."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._overview: tuple[tuple[int, int], Any] | None = None  # of which snapshot, and what it says

    def pulse(self) -> Pulse:
        """How everything is now. It raises nothing: what is wrong is said in it."""
        now = time.time()
        try:
            status = ask(self.workspace, "status", timeout=PATIENCE_SECONDS)
            if status["version"] != __version__:
                return Pulse(now, "nothing", trouble=_other_version(status["version"]))
            overview = ask(self.workspace, "overview", timeout=PATIENCE_SECONDS)
        except (RefusedError, KeyError):
            return Pulse(now, "nothing", trouble=_other_version("another version"))
        except DaemonError as error:
            return self._without_daemon(now, error)
        return Pulse(now, "daemon", status, overview, trouble=_nothing_queued(overview))

    def ask(self, name: str, **arguments: Any) -> Any:  # noqa: ANN401 - plain JSON data
        """The answer to a question (`jobs`, `overview`, `curves`), as of the snapshot where no daemon runs.

        Raises PftError where neither can answer.
        """
        try:
            return ask(self.workspace, name, timeout=PATIENCE_SECONDS, **arguments)
        except DaemonError:
            from pft_tui.daemon.replies import reply_from_snapshot

            return reply_from_snapshot(self.workspace, name, **arguments)

    def tell(self, name: str, **arguments: Any) -> Any:  # noqa: ANN401 - plain JSON data
        """Have the daemon do something. Raises DaemonError where none runs, RefusedError where it refuses."""
        return ask(self.workspace, name, **arguments)

    def start(self) -> bool:
        """Start the daemon; False where it runs already. Raises DaemonError where it does not start."""
        return ensure_running(self.workspace)

    def _without_daemon(self, now: float, error: DaemonError) -> Pulse:
        from pft_tui.store.lock import owner_of

        owner = owner_of(self.workspace.owner_lock)
        notice = f"process {owner} has the workspace (pft run)" if owner else NO_DAEMON
        if not self.workspace.snapshot.exists():
            return Pulse(now, "nothing", trouble=_nothing_published(owner, error))
        try:
            overview = self._overview_of_snapshot()
            as_of = self.workspace.snapshot.stat().st_mtime
        except (PftError, OSError) as unread:
            return Pulse(now, "nothing", trouble=_unreadable(unread))
        return Pulse(now, "snapshot", None, overview, as_of, notice, _nothing_queued(overview))

    def _overview_of_snapshot(self) -> Any:  # noqa: ANN401 - plain JSON data
        """What the snapshot says, read once as long as it stays the same one."""
        from pft_tui.daemon.replies import reply_from_snapshot

        stat = self.workspace.snapshot.stat()
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if self._overview is None or self._overview[0] != stamp:
            self._overview = (stamp, reply_from_snapshot(self.workspace, "overview"))
        return self._overview[1]


def _other_version(version: str) -> Trouble:
    return Trouble(
        "The daemon is of another version",
        f"It is {version}; this dashboard is {__version__}.",
        ("pft down     end it, once the trials at hand have ended", "pft up       start this version's"),
    )


def _nothing_published(owner: int | None, error: DaemonError) -> Trouble:
    if owner:
        return Trouble(
            "The first results are under way",
            f"Process {owner} has the workspace and has not published anything yet.",
            ("this screen goes on by itself",),
        )
    return Trouble(
        "Nothing has been run here yet",
        f"{error.message[0].upper()}{error.message[1:]}.",
        (
            "pft corpora check     are the corpora as they should be?",
            "pft queue             queue what the grid in pft.toml asks for",
            "pft up                start the daemon (here: u)",
        ),
    )


def _nothing_queued(overview: dict[str, Any]) -> Trouble | None:
    if overview["models"] or any(kind["total"] for kind in overview["progress"].values()):
        return None
    return Trouble(
        "The queue is empty",
        "The daemon has nothing to do, and nothing has been run yet.",
        (
            "pft corpora check     are the corpora as they should be?",
            "pft queue             queue what the grid in pft.toml asks for",
        ),
    )


def _unreadable(error: Exception) -> Trouble:
    hint = error.hint if isinstance(error, PftError) and error.hint else "pft doctor     says more"
    return Trouble("The snapshot cannot be read", str(error), (hint,))
