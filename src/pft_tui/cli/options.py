"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pft_tui.paths import Workspace
    from pft_tui.settings import Settings

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace; by default the nearest folder upwards with a pft.toml.",
        envvar="PFT_WORKSPACE",
        show_envvar=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SECTION.KEY=VALUE",
        help="A setting over pft.toml and the environment; may be repeated.",
    ),
]
ProtocolOption = Annotated[
    str | None, typer.Option("--protocol", metavar="NAME", help="Only trials of this protocol.")
]
EncoderOption = Annotated[
    str | None, typer.Option("--encoder", metavar="NAME", help="Only trials from this encoder.")
]
DownstreamOption = Annotated[
    str | None, typer.Option("--downstream", metavar="CORPUS", help="Only trials on this corpus.")
]
LanguageOption = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="NAME", help="Only speakers of this language; may be repeated."),
]
SpeakerOption = Annotated[
    list[str] | None, typer.Option("--speaker", metavar="NAME", help="Only this speaker; may be repeated.")
]
EmotionOption = Annotated[
    list[str] | None, typer.Option("--emotion", metavar="NAME", help="Only this emotion; may be repeated.")
]
ShotsOption = Annotated[
    list[int] | None,
    typer.Option("-k", "--shots", metavar="K", help="Only so many training utterances; may be repeated."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]


class Metric(StrEnum):
    """The scores that a trial has."""

    MACRO_F1 = "macro_f1"
    ACCURACY = "accuracy"
    WEIGHTED_F1 = "weighted_f1"


def workspace_of(folder: Path | None) -> Workspace:
    """The workspace a command works in: the folder named, or the nearest one upwards."""
    from pft_tui.paths import find_workspace

    return find_workspace(folder or Path.cwd(), explicit=folder is not None)


def settings_of(workspace: Workspace, flags: list[str] | None) -> Settings:
    """The workspace's settings with the `--set` flags over them."""
    from pft_tui.settings import load_settings

    return load_settings(workspace.settings_file, flags=flags or ())
