"""`pft jobs`: what is in the queue, a page at a time, and what each job waits for."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from pft_tui.cli.choose import Chosen, choosing, why_none
from pft_tui.cli.options import JsonOption, WorkspaceOption, workspace_of


@choosing
def jobs(
    selection: Chosen,
    workspace: WorkspaceOption = None,
    page: Annotated[int, typer.Option("--page", min=1, help="Which page, from 1.")] = 1,
    size: Annotated[int, typer.Option("--size", min=1, max=1000, help="Jobs on a page.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List jobs with their state, and why they wait or failed."""
    from pft_tui.daemon.client import ask, ensure_running

    place = workspace_of(workspace)
    ensure_running(place)
    found = ask(place, "jobs", jobs=selection, skip=(page - 1) * size, limit=size)
    if as_json:
        typer.echo(json.dumps(found["jobs"]))
    else:
        _show(found["jobs"])
    pages = -(-found["total"] // size)
    states = ", ".join(f"{count} {name}" for name, count in found["states"].items())
    if not found["total"]:
        typer.echo(why_none(place, selection), err=True)
        return
    typer.echo(f"page {page} of {pages}: {states}", err=True)


def _show(found: list[dict[str, Any]]) -> None:
    for job in found:
        what = [job["model"], job["speaker"], job["emotion"]]
        what += [f"k={job['k']}", f"#{job['trial']}"] if job["k"] is not None else []
        words = " ".join(part for part in what if part)
        progress = f" {job['done']}/{job['total']} {job['unit']}" if job["done"] is not None else ""
        why = job["reason"] or (job["error"] or "").partition("\n")[0]
        line = f"{job['number']:>6} {job['id']} {job['kind']:<11} {job['state']:<9}{progress} {words}"
        typer.echo(f"{line}  {why}".rstrip())
