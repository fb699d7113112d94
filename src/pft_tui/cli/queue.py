"""`pft queue`: hand what the grid lacks to the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pft_tui.cli.options import JsonOption, SetOption, WorkspaceOption, settings_of, workspace_of

if TYPE_CHECKING:
    from pft_tui.grid import Grid
    from pft_tui.paths import Workspace

OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="KEY=VALUE[,VALUE]",
        help="Only the trials with this model, speaker, emotion or k, and what they need; may be repeated.",
    ),
]


def queue(
    workspace: WorkspaceOption = None,
    settings: SetOption = None,
    only: OnlyOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the grid holds; queue nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Queue what the grid of pft.toml lacks, for the daemon to run.

    That is what is new, what failed and what was cancelled. What is queued, running or finished already
    stays as it is. The daemon, started where it does not run, sets to work at once.
    """
    from pft_tui.cli.progress import reading
    from pft_tui.scheduler.experiment import read_experiment
    from pft_tui.scheduler.narrow import narrowed

    place = workspace_of(workspace)
    chosen = settings_of(place, settings)
    with reading() as say:
        grid = narrowed(read_experiment(place, chosen, say), only or [])
    if dry_run:
        _show({kind: {"asked": count} for kind, count in _sizes(grid).items()}, as_json=as_json)
        return
    hand_over(place, grid, as_json=as_json)


def hand_over(workspace: Workspace, grid: Grid, *, as_json: bool) -> None:
    """Give a grid to the daemon and say what became of it."""
    from pft_tui.daemon import handover
    from pft_tui.daemon.client import ensure_running

    ensure_running(workspace)
    _show(handover.hand_over(workspace, grid), as_json=as_json)


def _sizes(grid: Grid) -> dict[str, int]:
    models = sum(bool(model.corpora) for model in grid.models)
    return {"prepares": len(grid.corpora), "models": models, "trials": len(grid.trials)}


def _show(queued: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps(queued))
        return
    from pft_tui.daemon.handover import in_words

    for line in in_words(queued):
        typer.echo(line)
