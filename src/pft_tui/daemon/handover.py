"""A grid on its way from a command to the daemon: a file, since 33,600 trials are too long for a request."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pft_tui.daemon.client import ask
from pft_tui.errors import UsageError
from pft_tui.grid import Grid
from pft_tui.paths import Workspace

_GRID: TypeAdapter[Grid] = TypeAdapter(Grid)
NAME = r"^[0-9a-f]{16}$"
_KINDS = {"prepares": "corpora", "models": "models", "trials": "trials"}


def hand_over(workspace: Workspace, grid: Grid, *, dry_run: bool = False) -> Any:  # noqa: ANN401 - plain JSON data
    """Have the daemon queue a grid, or with `dry_run` say what would become of it; the counts of that.

    They are those of `store.enqueue.Queued`. Raises DaemonError where no daemon runs, RefusedError where it
    refuses.
    """
    return ask(workspace, "enqueue", token=write_grid(workspace, grid), dry_run=dry_run)


def in_words(queued: Mapping[str, Mapping[str, int]]) -> list[str]:
    """A line for each kind of job on what became of a grid: `trials: 12 added, 3 under way`."""
    counts = {
        name: ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in queued[key].items() if count)
        for key, name in _KINDS.items()
    }
    return [f"{name}: {words or 'none'}" for name, words in counts.items()]


def write_grid(workspace: Workspace, grid: Grid) -> str:
    """Write a grid for the daemon; the token that names it in the request."""
    token = secrets.token_hex(8)
    file = os.open(workspace.handed_grid(token), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(_GRID.dump_json(grid))
    return token


def take_grid(workspace: Workspace, token: str) -> Grid:
    """The grid of that token, whose file is deleted. Raises UsageError where it is absent or no grid."""
    path = workspace.handed_grid(token)
    try:
        return _GRID.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(f"there is no grid {token}", hint="write one first") from None
    except ValidationError as error:
        raise UsageError(f"{path} holds no grid: {error.errors()[0]['msg']}") from None
    finally:
        path.unlink(missing_ok=True)
