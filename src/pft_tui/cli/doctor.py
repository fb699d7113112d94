"""`pft doctor`: what is wrong with a workspace, and what to do about it."""

from __future__ import annotations

import json

import typer

from pft_tui.cli.options import JsonOption, WorkspaceOption, workspace_of


def doctor(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Look for what is wrong with a workspace, and say what to do.

    Settings, folders, disk, devices, daemon and workers. Exit code 1 where something is wrong.
    """
    from pft_tui.daemon.checkup import examine

    found = examine(workspace_of(workspace))
    if as_json:
        rows = [
            {"check": item.check, "ok": item.ok, "found": item.found, "remedy": item.remedy} for item in found
        ]
        typer.echo(json.dumps(rows))
    else:
        for item in found:
            remedy = "" if item.ok else f"; {item.remedy}"
            typer.echo(f"{'ok  ' if item.ok else 'BAD '} {item.check}: {item.found}{remedy}")
    if not all(item.ok for item in found):
        raise typer.Exit(1)
