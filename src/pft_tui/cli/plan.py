"""`pft plan`: what the grid lacks, and how long that will take on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from pft_tui.cli.options import JsonOption, SetOption, WorkspaceOption, settings_of, workspace_of


def plan(
    workspace: WorkspaceOption = None,
    settings: SetOption = None,
    again: Annotated[
        bool, typer.Option("--again", help="Time it anew, even if it was timed before.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Predict how long the rest of the grid takes, and how much disk.

    Hours by part, from a short calibration: workers on this machine's slots time a few steps of the
    configured encoder and protocol, on noise as long as the corpora's utterances. What they find is kept
    until encoder, protocol, lengths or device change. Nothing is queued or run.
    """
    import json

    from rich.console import Console

    from pft_tui.cli.progress import reading
    from pft_tui.forecast.outlook import nothing, outlook
    from pft_tui.forecast.show import show
    from pft_tui.scheduler.experiment import read_experiment

    place = workspace_of(workspace)
    chosen = settings_of(place, settings)
    with reading() as say:
        grid = read_experiment(place, chosen, say)
    with Console(stderr=True).status("Calibrating") as status:
        found = outlook(
            place, chosen, grid, again=again, say=lambda words: status.update(f"Calibrating: {words}")
        )
    if found is not None and not as_json:
        show(found)
    elif as_json:
        typer.echo(json.dumps(found.as_data() if found else nothing(grid)))
    else:
        typer.echo("nothing is left to do")
