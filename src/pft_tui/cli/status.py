"""`pft status`: how everything is, at a glance."""

from __future__ import annotations

import json
from typing import Any

import typer

from pft_tui.cli.options import JsonOption, WorkspaceOption, workspace_of
from pft_tui.units import GIB

STATES = ("finished", "running", "queued", "failed")
KINDS = {"prepares": "corpora", "models": "models", "trials": "trials"}


def status(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Show what is done and left, and what each slot is doing.

    It starts no daemon. A slot is a place for one worker: a share of a GPU, or some of the CPU.
    """
    from pft_tui.daemon.client import ask, is_running
    from pft_tui.paths import bytes_below

    place = workspace_of(workspace)
    found = ask(place, "status") if is_running(place) else {"running": False, "workspace": str(place.root)}
    found |= {"feature_cache_bytes": bytes_below(place.features)}
    typer.echo(json.dumps(found) if as_json else _described(found))


def _described(found: dict[str, Any]) -> str:
    if not found["running"]:
        return (
            f"no daemon runs in {found['workspace']}: `pft up` starts one,"
            " `pft watch --once` shows how far everything is"
        )
    lines = [f"{found['workspace']}, daemon {found['pid']}: {state_words(found)}"]
    lines.append(f"{'':8}{''.join(f'{state:>10}' for state in ('total', *STATES))}")
    for key, name in KINDS.items():
        counts = found[key]
        lines.append(f"{name:8}{''.join(f'{counts[state]:>10}' for state in ('total', *STATES))}")
    lines += map(slot_words, found["slots"])
    if held := found["feature_cache_bytes"]:
        lines.append(f"feature cache: {held / GIB:.2f} GiB")
    return "\n".join(lines)


def slot_words(slot: dict[str, Any]) -> str:
    """A slot and what it is doing."""
    work = ""
    if slot["jobs_left"]:
        after = slot["jobs_left"] - (slot["job"] is not None)
        work = f" with job {slot['job']}" if slot["job"] else ""
        work += f", {after} next" if after else ""
    if slot.get("lent_to") is not None:
        work = f" with the job of slot {slot['lent_to']}"
    return f"slot {slot['slot']} on {slot['device']}: {slot['state']}{work}"


def state_words(found: dict[str, Any]) -> str:
    """What a daemon is doing on the whole, or why it does nothing."""
    if found["ending"]:
        return "ends after the trials at hand"
    if "all" in found["stops"]:
        return str(found["stops"]["all"])
    if found["obstacle"]:
        return str(found["obstacle"])
    return "nothing to do" if found["done"] else "at work"
