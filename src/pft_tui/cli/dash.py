"""`pft dash`: the dashboard, which `pft` alone opens too."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pft_tui.cli.options import WorkspaceOption, workspace_of
from pft_tui.errors import UsageError


def dash(
    workspace: WorkspaceOption = None,
    screen: Annotated[
        str | None,
        typer.Option(
            "--screen", metavar="NAME", help="live, queue, trials, results or sql; else the last one."
        ),
    ] = None,
    mouse: Annotated[
        bool, typer.Option(help="Use the mouse; without it the terminal's own selection works.")
    ] = True,
) -> None:
    """Open the dashboard; `pft` alone does the same.

    Jobs go on when it is closed.
    """
    from pft_tui.tui.screens import SCREENS

    place = workspace_of(workspace)
    names = {entry.name.lower(): entry.name for entry in SCREENS}
    if screen is not None and screen.lower() not in names:
        raise UsageError(f"there is no screen {screen!r}", hint=f"there are: {', '.join(names)}")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the dashboard takes a terminal", hint="`pft status` and `pft results` print the same"
        )
    from pft_tui.tui.app import Dashboard

    Dashboard(place, screen=names[screen.lower()] if screen else None).run(mouse=mouse)
