"""`pft add`: one pre-finetuning or some trials by flags, beside what pft.toml's grid asks for."""

from __future__ import annotations

from typing import Annotated

import typer

from pft_tui.cli.options import JsonOption, SetOption, WorkspaceOption


def add(
    model: Annotated[
        str,
        typer.Option("--model", help="The model: base, or corpora joined by +, such as iemocap+msp_podcast."),
    ] = "base",
    speaker: Annotated[list[str] | None, typer.Option("--speaker", help="Trials of this speaker.")] = None,
    emotion: Annotated[list[str] | None, typer.Option("--emotion", help="Trials of this emotion.")] = None,
    shots: Annotated[
        list[int] | None, typer.Option("-k", "--shots", help="Trials with so many shots.")
    ] = None,
    trials: Annotated[int, typer.Option("--trials", min=0, help="Draws of each; 0 for the model alone.")] = 1,
    workspace: WorkspaceOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Queue one model, and trials from it, beside what the grid holds.

    Trials take --speaker, --emotion and -k; pft.toml says all the rest.

    Example:

    `pft add --model iemocap+msp_podcast --speaker 0011 --emotion angry -k 8 --trials 3`
    """
    from pft_tui.cli.options import workspace_of
    from pft_tui.cli.queue import hand_over
    from pft_tui.scheduler.addition import Addition, read_addition

    place = workspace_of(workspace)
    wanted = Addition(model, speaker or (), emotion or (), shots or (), trials)
    hand_over(place, read_addition(place, wanted, settings or ()), as_json=as_json)
