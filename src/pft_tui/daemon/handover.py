"""A grid on its way from a command to the daemon: a file, since 33,600 trials are too long for a request."""

from __future__ import annotations

import os
import secrets

from pydantic import TypeAdapter, ValidationError

from pft_tui.errors import UsageError
from pft_tui.grid import Grid
from pft_tui.paths import Workspace

_GRID: TypeAdapter[Grid] = TypeAdapter(Grid)
NAME = r"^[0-9a-f]{16}$"


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
