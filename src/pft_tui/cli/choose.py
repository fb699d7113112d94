"""Choosing jobs: by id, number, range of numbers and filters, the same way in every command."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from functools import wraps
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pft_tui.errors import UsageError

if TYPE_CHECKING:
    from pft_tui.paths import Workspace

JobsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[JOB]...", help="Jobs by number (17), range (17-30) or id, or its beginning."),
]
AllOption = Annotated[bool, typer.Option("--all", help="All jobs that can be meant.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_NUMBER = re.compile(r"\d{1,15}")
_RANGE = re.compile(r"(\d{1,15})-(\d{1,15})")
_ID = re.compile(r"[0-9a-f]{2,16}")


Chosen = dict[str, Any]
"""Jobs as a request of the daemon takes them; empty is all."""


def _texts(name: str, words: str) -> Any:  # noqa: ANN401 - an annotation
    return Annotated[list[str] | None, typer.Option(name, help=words)]


# The filters of jobs: key of the request and option, by the parameter of a command.
_FILTERS: dict[str, tuple[str, Any]] = {
    "state": ("states", _texts("--state", "Only jobs in this state.")),
    "kind": ("kinds", _texts("--kind", "Only prepare, prefinetune or trial.")),
    "model": ("models", _texts("--model", "Only of this model: base, or names joined by +.")),
    "speaker": ("speakers", _texts("--speaker", "Only trials of this speaker.")),
    "emotion": ("emotions", _texts("--emotion", "Only trials of this emotion.")),
    "shots": (
        "shots",
        Annotated[list[int] | None, typer.Option("-k", "--shots", help="Only trials with so many shots.")],
    ),
}


def choosing(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose `selection` comes from jobs named as arguments and filters given as options."""
    own = inspect.signature(command, eval_str=True)
    hints = {"which": JobsArgument, **{name: hint for name, (_, hint) in _FILTERS.items()}}
    asked = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=hint) for name, hint in hints.items()
    ]
    shown = [
        part.replace(kind=Parameter.KEYWORD_ONLY)
        for parameter in own.parameters.values()
        for part in (asked if parameter.name == "selection" else [parameter])
    ]

    @wraps(command)
    def run(**given: Any) -> None:  # noqa: ANN401 - whatever its options hold
        selection = chosen(given.pop("which"))
        for name, (key, _) in _FILTERS.items():
            if values := given.pop(name):
                selection[key] = values
        if "models" in selection:
            selection["models"] = ["+".join(sorted(model.split("+"))) for model in selection["models"]]
        command(selection=selection, **given)

    run.__signature__ = own.replace(parameters=shown)  # type: ignore[attr-defined]
    return run


def chosen(jobs: list[str] | None) -> Chosen:
    """The jobs that arguments mean.

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
    return {name: values for name, values in (("ids", ids), ("numbers", numbers)) if values}


def need_some(selection: Chosen, *, everything: bool) -> None:
    """Refuse to mean all jobs by naming none."""
    if not selection and not everything:
        raise UsageError("no job is named", hint="name jobs or filters, or say --all")


def confirm(workspace: Workspace, verb: str, selection: Chosen, *, yes: bool) -> bool:
    """Ask on a terminal before something destructive; without one it takes `--yes`."""
    if yes:
        return True
    from pft_tui.daemon.client import ask

    states = ask(workspace, "jobs", jobs=selection, limit=0)["states"]
    count = states.get("queued", 0) + states.get("running", 0)
    if not sys.stdin.isatty():
        raise UsageError(f"this would {verb} {count} jobs", hint="say --yes where nobody can be asked")
    return typer.confirm(f"{verb.capitalize()} {count} jobs?", err=True)
