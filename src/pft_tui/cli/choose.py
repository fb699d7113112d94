"""Choosing jobs: by id, number, range of numbers and filters, the same way in every command."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pft_tui.errors import UsageError

if TYPE_CHECKING:
    from pft_tui.paths import Workspace

JobsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[JOB]...", help="Jobs by number (17), range (17-30) or id, or its beginning."),
]
OneJobArgument = Annotated[str, typer.Argument(metavar="JOB", help="The job's number or id.")]
StateOption = Annotated[list[str] | None, typer.Option("--state", help="Only jobs in this state.")]
KindOption = Annotated[list[str] | None, typer.Option("--kind", help="Only prepare, prefinetune or trial.")]
ModelOption = Annotated[
    list[str] | None, typer.Option("--model", help="Only of this model: base, or names joined by +.")
]
SpeakerOption = Annotated[list[str] | None, typer.Option("--speaker", help="Only trials of this speaker.")]
EmotionOption = Annotated[list[str] | None, typer.Option("--emotion", help="Only trials of this emotion.")]
ShotsOption = Annotated[
    list[int] | None, typer.Option("-k", "--shots", help="Only trials with so many shots.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All jobs that can be meant.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_NUMBER = re.compile(r"\d{1,15}")
_RANGE = re.compile(r"(\d{1,15})-(\d{1,15})")
_ID = re.compile(r"[0-9a-f]{2,16}")


def chosen(
    jobs: list[str] | None = None,
    *,
    states: list[str] | None = None,
    kinds: list[str] | None = None,
    models: list[str] | None = None,
    speakers: list[str] | None = None,
    emotions: list[str] | None = None,
    shots: list[int] | None = None,
) -> dict[str, Any]:
    """The jobs that arguments and filters mean, as a request takes them.

    Digits alone are a number, unless they are as many as an id has.
    """
    ids, numbers = [], []
    for text in jobs or ():
        if spread := _RANGE.fullmatch(text):
            numbers.append([int(spread[1]), int(spread[2])])
        elif _NUMBER.fullmatch(text):
            numbers.append([int(text), int(text)])
        elif _ID.fullmatch(text):
            ids.append(text)
        else:
            raise UsageError(f"{text!r} is no job", hint="give numbers (17), ranges (17-30) or ids")
    given = {
        "ids": ids,
        "numbers": numbers,
        "states": states,
        "kinds": kinds,
        "models": ["+".join(sorted(model.split("+"))) for model in models or ()],
        "speakers": speakers,
        "emotions": emotions,
        "shots": shots,
    }
    return {name: values for name, values in given.items() if values}


def need_some(selection: dict[str, Any], *, everything: bool) -> None:
    """Refuse to mean all jobs by naming none."""
    if not selection and not everything:
        raise UsageError("no job is named", hint="name jobs or filters, or say --all")


def confirm(workspace: Workspace, verb: str, selection: dict[str, Any], *, yes: bool) -> bool:
    """Ask on a terminal before something destructive; without one it takes `--yes`."""
    if yes:
        return True
    from pft_tui.daemon.client import ask

    states = ask(workspace, "jobs", jobs=selection, limit=0)["states"]
    count = states.get("queued", 0) + states.get("running", 0)
    if not sys.stdin.isatty():
        raise UsageError(f"this would {verb} {count} jobs", hint="say --yes where nobody can be asked")
    return typer.confirm(f"{verb.capitalize()} {count} jobs?", err=True)
