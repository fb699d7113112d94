"""Where everything in a workspace lies: the one module that knows these names."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from pft_tui.errors import WorkspaceError

SETTINGS_FILE = "pft.toml"
SNAPSHOT_FILE = "pft.duckdb"
CHECKPOINT = Path("checkpoint") / "state.safetensors"
"""The state of a pre-finetuning after its last whole epoch, in the model's folder."""
PARTIAL = ".partial"
"""The suffix of a file that is still being written; it loses it when it is whole."""
MODEL_RECORD = "training.json"
"""How a model was trained, in its folder: written last, so that a folder with it holds a whole model."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with a `pft.toml`; `pft.duckdb` beside it is the published snapshot, `.pft/` all else."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """The settings, written by the user."""
        return self.root / SETTINGS_FILE

    @property
    def snapshot(self) -> Path:
        """The published database: a read-only copy that any number of shells may hold open."""
        return self.root / SNAPSHOT_FILE

    @property
    def private(self) -> Path:
        """The folder of everything that is not for the user's own hands."""
        return self.root / ".pft"

    @property
    def store(self) -> Path:
        """The owner's own database, open read-write in one process only."""
        return self.private / "store.duckdb"

    @property
    def owner_lock(self) -> Path:
        """Locked (flock) by the one process that owns the store; holds its pid."""
        return self.private / "owner.lock"

    @property
    def bridge_lock(self) -> Path:
        """Locked (flock) by the one process that ties the workspace to a Ray cluster."""
        return self.private / "bridge.lock"

    @property
    def socket(self) -> Path:
        """Where the daemon listens."""
        return self.private / "daemon.sock"

    def handed_grid(self, token: str) -> Path:
        """A grid that a command has written for the daemon to queue."""
        return self.private / f"grid-{token}.json"

    @property
    def spool(self) -> Path:
        """One append-only file of events for each worker process."""
        return self.private / "spool"

    @property
    def inbox(self) -> Path:
        """One append-only file of orders for each worker process."""
        return self.private / "inbox"

    @property
    def logs(self) -> Path:
        """One log for each worker process."""
        return self.private / "logs"

    @property
    def models(self) -> Path:
        """One folder for each pre-finetuned model, in Hugging Face format."""
        return self.private / "models"

    @property
    def listings(self) -> Path:
        """One file for each corpus: its utterances as last read."""
        return self.private / "corpora"

    def listing(self, corpus: str, digest: str) -> Path:
        """The listing of one reading of a corpus."""
        return self.listings / f"{corpus}-{digest[:16]}.jsonl"

    @property
    def audio(self) -> Path:
        """The decoded audio, one folder for each corpus."""
        return self.private / "audio"

    @property
    def features(self) -> Path:
        """What frozen parts of encoders gave, to be read again; may be deleted at any time."""
        return self.private / "features"

    @property
    def claims(self) -> Path:
        """How much memory each worker on a CPU said that it would use."""
        return self.private / "claims"

    @property
    def calibration(self) -> Path:
        """What `pft plan` has last timed on this machine."""
        return self.private / "calibration.json"

    def make_folders(self) -> None:
        """Create the private folders, open to the user alone."""
        self.private.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.spool, self.inbox, self.logs, self.models, self.listings, self.audio):
            folder.mkdir(mode=0o700, exist_ok=True)


def bytes_below(folder: Path) -> int:
    """The size of all files below a folder; 0 where there is none."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # a cache may lose files meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total


def beside(path: Path) -> Path:
    """Where a user's file is written until it is whole and takes its own name: in its folder, hidden."""
    return path.with_name(f".{path.name}.part")


def find_workspace(start: Path, *, explicit: bool = False) -> Workspace:
    """The workspace that `start` lies in, found by walking up as git does.

    With `explicit` (the user named the folder) only `start` itself will do.
    Raises WorkspaceError where there is none.
    """
    start = start.expanduser().absolute()
    for folder in (start,) if explicit else (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return Workspace(folder)
    where = f"no {SETTINGS_FILE} in {start}" + ("" if explicit else " or any folder above it")
    raise WorkspaceError(where, hint=_way_to_a_workspace(start, explicit=explicit))


def _way_to_a_workspace(start: Path, *, explicit: bool) -> str:
    """What to do where there is no workspace: a folder just below may be the one that is meant."""
    below = sorted(file.parent.name for file in start.glob(f"*/{SETTINGS_FILE}"))
    if below and explicit:
        return f"there is one below it: --workspace {start / below[0]}"
    if below:
        return f"there is one below: `cd {below[0]}`, or --workspace {below[0]}"
    if not start.is_dir():
        return "there is no such folder: name a workspace, or start one with `pft init DIR`"
    return "go to a workspace, name one with --workspace DIR, or start one with `pft init DIR`"
