"""Choosing jobs: by id, number, range of numbers and filters, the same way in every command."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pft_tui.cli.options import ShotsOption
from pft_tui.errors import UsageError

if TYPE_CHECKING:
    from pft_tui.paths import Workspace

JobsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="JOB", help="Jobs by number (17), range (17-30) or id, or its beginning."),
]
AllOption = Annotated[bool, typer.Option("--all", help="All jobs that can be meant.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_NUMBER = re.compile(r"\d{1,15}")
_RANGE = re.compile(r"(\d{1,15})-(\d{1,15})")
_ID = re.compile(r"[0-9a-f]{2,16}")


Chosen = dict[str, Any]
"""Jobs as a request of the daemon takes them; empty is all."""


class State(StrEnum):
    """The states of jobs; `paused` are the queued ones that are held back."""

    QUEUED = "queued"
    PAUSED = "paused"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """The kinds of jobs."""

    PREPARE = "prepare"
    PREFINETUNE = "prefinetune"
    TRIAL = "trial"


def _any_of(values: type, name: str, words: str) -> Any:  # noqa: ANN401 - an annotation
    option = typer.Option(name, metavar=name.removeprefix("--").upper(), help=f"{words}; may be repeated.")
    return Annotated[list[values] | None, option]  # type: ignore[valid-type]


# The filters of jobs: key of the request and option, by the parameter of a command.
_FILTERS: dict[str, tuple[str, Any]] = {
    "state": ("states", _any_of(State, "--state", f"Only jobs that are {', '.join(State)}")),
    "kind": ("kinds", _any_of(Kind, "--kind", f"Only jobs of this kind: {', '.join(Kind)}")),
    "model": ("models", _any_of(str, "--model", "Only of this model: base, or corpora joined by +")),
    "speaker": ("speakers", _any_of(str, "--speaker", "Only trials of this speaker")),
    "emotion": ("emotions", _any_of(str, "--emotion", "Only trials of this emotion")),
    "shots": ("shots", ShotsOption),
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


def need_some(selection: Chosen, *, everything: bool, otherwise: str = "--all") -> None:
    """Refuse to mean all jobs by naming none; `otherwise` is the option that means many."""
    if not selection and not everything:
        raise UsageError("no job is named", hint=f"name jobs or filters, or say {otherwise}")


def why_none(workspace: Workspace, selection: Chosen) -> str:
    """Why no job passes the filters: a name that none has, or else all of them together."""
    from pft_tui.daemon.client import ask
    from pft_tui.registry import near_miss

    there = ask(workspace, "values")
    for key, name in (("models", "model"), ("speakers", "speaker"), ("emotions", "emotion"), ("shots", "k")):
        known = [str(value) for value in there[name]]
        for value in map(str, selection.get(key, ())):
            if known and value not in known:
                return f"no job has the {name} {value} ({near_miss(value, known)})"
    return "no job is like that" if selection else "no jobs: `pft queue` queues the grid"


def confirm(workspace: Workspace, verb: str, selection: Chosen, *, yes: bool) -> bool:
    """Ask on a terminal before something destructive; without one it takes `--yes`."""
    if yes:
        return True
    from pft_tui.daemon.client import ask

    states = ask(workspace, "jobs", jobs=selection, limit=0)["states"]
    count = states.get("queued", 0) + states.get("running", 0)
    if not count:
        raise UsageError(f"nothing to {verb}: no such job is queued or running", hint="`pft jobs` lists them")
    if not sys.stdin.isatty():
        raise UsageError(f"this would {verb} {count} jobs", hint="say --yes where nobody can be asked")
    return typer.confirm(f"{verb.capitalize()} {count} jobs?", err=True)
