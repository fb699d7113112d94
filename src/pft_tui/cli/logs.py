"""`pft logs`: what a job's worker said, or the daemon."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from pft_tui.cli.choose import chosen
from pft_tui.cli.options import WorkspaceOption, workspace_of
from pft_tui.errors import UsageError

POLL_SECONDS = 0.3


def logs(
    job: Annotated[
        str | None, typer.Argument(metavar="JOB", help="Number or id; the daemon if absent.")
    ] = None,
    workspace: WorkspaceOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on showing what is added.")] = False,
) -> None:
    """Show the log of a job's worker, or the daemon's own.

    It is the log of the worker that has the job, or had it last.
    """
    from pft_tui.daemon.client import ask, ensure_running, log_file
    from pft_tui.daemon.logs import worker_log

    place = workspace_of(workspace)
    if job is None:
        _show(log_file(place), follow=follow)
        return
    ensure_running(place)
    found = ask(place, "jobs", jobs=chosen([job]), limit=1)["jobs"]
    if not found:
        raise UsageError(f"there is no job {job}", hint="`pft jobs` lists them")
    _introduce(found[0])
    if log := worker_log(place, found[0]):
        _show(log, follow=follow)


def _introduce(job: dict[str, Any]) -> None:
    typer.echo(f"{job['kind']} {job['id']}: {job['state']}, attempt {job['attempts']}", err=True)
    if job["reason"]:
        typer.echo(job["reason"], err=True)
    if job["error"]:
        typer.echo(job["error"])


def _show(log: Path, *, follow: bool) -> None:
    """The file's text, and with `follow` what is added to it, until Ctrl-C."""
    from pft_tui.daemon.logs import Tail

    tail = Tail(log)
    if text := tail.read():
        typer.echo(text, nl=False)
    else:
        typer.echo(f"nothing is in {log} so far", err=True)
    while follow:
        time.sleep(POLL_SECONDS)
        typer.echo(tail.read(), nl=False)
