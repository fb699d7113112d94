"""`pft`: the commands, and the one place where errors become words on stderr and exit codes."""

from __future__ import annotations

import errno
import os
import sys
from copy import copy
from pathlib import Path
from typing import Annotated

import typer

from pft_tui import __version__
from pft_tui.cli.add import add
from pft_tui.cli.compare import compare
from pft_tui.cli.control import cancel, pause, priority, publish, resume, retry
from pft_tui.cli.corpora import corpora
from pft_tui.cli.dash import dash
from pft_tui.cli.demo import demo
from pft_tui.cli.doctor import doctor
from pft_tui.cli.export import export
from pft_tui.cli.imports import import_trials
from pft_tui.cli.init import init
from pft_tui.cli.jobs import jobs
from pft_tui.cli.logs import logs
from pft_tui.cli.plan import plan
from pft_tui.cli.queue import queue
from pft_tui.cli.results import results
from pft_tui.cli.run import run
from pft_tui.cli.service import down, up, wait
from pft_tui.cli.sql import sql
from pft_tui.cli.status import status
from pft_tui.cli.watch import watch
from pft_tui.errors import FAILED, INTERRUPTED, PftError

app = typer.Typer(
    name="pft",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Pre-finetune a speech encoder on every set of your corpora, run few-shot trials, read the tables.",
    epilog="New here? `pft demo` runs the whole experiment small; `pft init` starts your own. In a workspace"
    " (a folder with a pft.toml) `pft` alone opens the dashboard.",
)
BEGIN, LOOK, QUEUE, FILES = "Begin", "Look", "The queue", "Files"
for panel, commands in {
    BEGIN: (demo, init, plan, run),
    LOOK: (dash, watch, status, results, compare, sql),
    QUEUE: (queue, add, jobs, logs, wait, pause, resume, cancel, retry, priority, up, down, doctor),
    FILES: (export, publish),
}.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
app.command("import", rich_help_panel=FILES)(import_trials)
app.add_typer(corpora, name="corpora", rich_help_panel=BEGIN)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pft-tui {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run `pft`; errors meant for the user are a line each, with exit codes 1, 2 or 130."""
    try:
        words = sys.argv[1:] or _default()
        _with_only(words)(words)
    except PftError as error:
        _say(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _say(PftError("the disk is full", hint="make room, and do it again"))
        # What is still to be written would fail once more as Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)


def _default() -> list[str]:
    """What `pft` alone means: the dashboard, in a workspace and on a terminal; else the help."""
    from pft_tui.errors import WorkspaceError
    from pft_tui.paths import find_workspace

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return []
    try:
        find_workspace(Path.cwd())
    except WorkspaceError:
        return []
    return ["dash"]


def _with_only(words: list[str]) -> typer.Typer:
    """The app with the one command that is asked for, if there is such a one.

    Typer builds every command with all its options before it runs any, which takes longer than
    `pft status`.
    """
    asked = next((word for word in words if not word.startswith("-")), None)
    commands = [
        command
        for command in app.registered_commands
        if command.callback and asked == (command.name or command.callback.__name__)
    ]
    if not commands:
        return app
    slim = copy(app)
    slim.registered_commands, slim.registered_groups = commands, []
    return slim


def _say(error: PftError) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    for line in error.message.splitlines():
        console.print(Text("error: ", style="bold red") + Text(line))
    if error.hint:
        console.print(Text("hint:  ", style="bold") + Text(error.hint))
