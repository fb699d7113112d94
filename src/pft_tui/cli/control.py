"""`pft pause`, `resume`, `cancel`, `retry`, `priority`, `publish`: the user's hand on the queue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pft_tui.cli.choose import (
    AllOption,
    Chosen,
    JobsArgument,
    YesOption,
    choosing,
    chosen,
    confirm,
    need_some,
)
from pft_tui.cli.options import JsonOption, WorkspaceOption, workspace_of
from pft_tui.cli.service import NowOption
from pft_tui.errors import UsageError

SlotOption = Annotated[int | None, typer.Option("--slot", help="Only this slot (`pft status` numbers them).")]


def pause(
    which: JobsArgument = None,
    workspace: WorkspaceOption = None,
    slot: SlotOption = None,
    now: NowOption = False,
    as_json: JsonOption = False,
) -> None:
    """Pause everything, a slot, or jobs.

    What runs ends first, or with `--now` goes back to the queue. A pause outlives the daemon; `pft resume`
    ends it.
    """
    if which:
        _refuse_both(slot)
        _send(workspace, "hold", {"jobs": chosen(which), "now": now}, as_json=as_json)
    else:
        words = "what runs goes back to the queue" if now else "what runs ends first"
        _send(workspace, "pause", {"slot": slot, "now": now}, as_json=as_json, said=f"paused: {words}")


def resume(
    which: JobsArgument = None,
    workspace: WorkspaceOption = None,
    slot: SlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with what was paused.

    That is everything, a slot, or jobs that were paused one by one.
    """
    if which:
        _refuse_both(slot)
        _send(workspace, "release", {"jobs": chosen(which)}, as_json=as_json)
    else:
        _send(workspace, "resume", {"slot": slot}, as_json=as_json, said="work goes on")


@choosing
def cancel(
    selection: Chosen,
    workspace: WorkspaceOption = None,
    everything: AllOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Cancel jobs that are queued or running.

    A trial that is running is stopped. `pft retry` queues them again.
    """
    need_some(selection, everything=everything)
    from pft_tui.daemon.client import ensure_running

    place = workspace_of(workspace)
    ensure_running(place)
    if confirm(place, "cancel", selection, yes=yes):
        _send(workspace, "cancel", {"jobs": selection}, as_json=as_json)


@choosing
def retry(
    selection: Chosen,
    workspace: WorkspaceOption = None,
    failed: Annotated[bool, typer.Option("--failed", help="All jobs that failed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Queue jobs again that failed or were cancelled."""
    if failed:
        selection["states"] = [*selection.get("states", ()), "failed"]
    need_some(selection, everything=False, otherwise="--failed")
    _send(workspace, "retry", {"jobs": selection}, as_json=as_json)


@choosing
def priority(
    value: Annotated[
        int, typer.Argument(metavar="PRIORITY", help="A number; larger goes first, trials have 0.")
    ],
    selection: Chosen,
    workspace: WorkspaceOption = None,
    everything: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give queued jobs a priority; larger goes first.

    What they wait for is raised with them.
    """
    need_some(selection, everything=everything)
    _send(workspace, "priority", {"jobs": selection, "priority": value}, as_json=as_json)


def publish(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Write pft.duckdb now; it is there when this ends."""
    said = f"{workspace_of(workspace).snapshot} is up to date"
    _send(workspace, "publish", {}, as_json=as_json, said=said)


def _send(
    workspace: Path | None, name: str, arguments: dict[str, Any], *, as_json: bool, said: str | None = None
) -> None:
    from pft_tui.daemon.client import ask, ensure_running

    place = workspace_of(workspace)
    ensure_running(place)
    done = ask(place, name, **arguments)
    if as_json:
        typer.echo(json.dumps(done))
    elif "changed" in done:
        typer.echo(f"{done['changed']} jobs changed", err=True)
    elif said:
        typer.echo(said, err=True)


def _refuse_both(slot: int | None) -> None:
    if slot is not None:
        raise UsageError("jobs and --slot together make no sense", hint="pause jobs, or a slot")
