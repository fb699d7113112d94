"""`pft up`, `pft down`, `pft wait`: the daemon of a workspace."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from pft_tui.cli.options import SetOption, WorkspaceOption, settings_of, workspace_of

POLL_SECONDS = 0.3
NowOption = Annotated[bool, typer.Option("--now", help="Stop what runs instead of letting the trial end.")]


def up(
    workspace: WorkspaceOption = None,
    settings: SetOption = None,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay in the foreground, as systemd likes it.")
    ] = False,
) -> None:
    """Start the daemon, which works on what is queued.

    It goes on until `pft down`, whatever becomes of this terminal. It takes the section [run] of pft.toml
    as it is now; a changed one takes `pft down` and `pft up`.
    """
    place = workspace_of(workspace)
    if foreground:
        import logging

        from pft_tui.daemon.serve import serve

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
        serve(place, settings or ())
        return
    settings_of(place, settings)  # a mistake in them is better said here than in the daemon's log
    from pft_tui.daemon.client import ask, ensure_running

    started = ensure_running(place, settings)
    pid = ask(place, "status")["pid"]
    typer.echo(f"the daemon {'has started' if started else 'runs already'}: process {pid}", err=True)


def down(workspace: WorkspaceOption = None, now: NowOption = False) -> None:
    """End the daemon and its workers; what is queued stays queued.

    The trials at hand end first, unless `--now`.
    """
    from pft_tui.daemon.client import ask, is_running
    from pft_tui.store.lock import owner_of

    place = workspace_of(workspace)
    if not is_running(place):
        typer.echo("no daemon runs here", err=True)
        return
    is_busy = any(slot["state"] == "busy" for slot in ask(place, "status")["slots"])
    pid = ask(place, "down", now=now)["pid"]
    if is_busy and not now:
        typer.echo("waiting for the trials at hand to end (--now stops them)", err=True)
    while owner_of(place.owner_lock) == pid:
        time.sleep(POLL_SECONDS / 3)
    typer.echo("nothing runs here any more", err=True)


def wait(workspace: WorkspaceOption = None) -> None:
    """Wait until nothing that is queued can run.

    Exit code 0 if all is done, 1 if something failed. It shows no progress: `pft watch` does.
    """
    from pft_tui.daemon.client import ask, ensure_running
    from pft_tui.errors import PftError

    place = workspace_of(workspace)
    ensure_running(place)
    said = None
    while not (status := ask(place, "status"))["done"]:
        why = "; ".join(status["stops"].values()) or status["obstacle"]
        if why != said:
            typer.echo(why or "work goes on", err=True)
            said = why
        time.sleep(POLL_SECONDS)
    kinds = [status[kind] for kind in ("prepares", "models", "trials")]
    failed, queued = (sum(kind[state] for kind in kinds) for state in ("failed", "queued"))
    if failed:
        raise PftError(
            f"{failed} jobs failed" + (f", {queued} wait for them" if queued else ""),
            hint="`pft jobs --state failed` lists them, `pft retry --failed` tries them again",
        )
    if queued:
        raise PftError(f"{queued} jobs are left that cannot run", hint="`pft jobs --state queued` says why")
