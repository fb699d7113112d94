"""`pft demo`: the whole experiment, small, on synthetic speech."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from pft_tui.cli.run import run_grid
from pft_tui.errors import UsageError


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The demo's workspace.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of the synthetic speech and of the experiment.", min=0)] = 0,
) -> None:
    """Run the whole experiment small, on synthetic speech.

    It takes minutes on two CPU cores. It writes five synthetic corpora in the layouts of the real
    releases, pre-finetunes a tiny encoder on every set of four of them, runs the few-shot trials on the
    fifth, and ends with the tables. Ctrl-C stops it; the same command goes on.
    """
    from rich.console import Console
    from rich.progress import Progress

    from pft_tui.cli.results import results
    from pft_tui.demo.layouts import write_corpora
    from pft_tui.demo.workspace import require_own, write_settings
    from pft_tui.paths import Workspace
    from pft_tui.settings import load_settings

    workspace = Workspace(folder.absolute())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror}", hint="name another") from None
    require_own(workspace.root)
    console = Console(stderr=True, highlight=False)
    with Progress(console=console) as bars:
        task = bars.add_task("Writing speech", total=None)
        roots = write_corpora(
            workspace.root / "corpora",
            seed=seed,
            progress=lambda done, total: bars.update(task, completed=done, total=total),
        )
    write_settings(workspace.root, roots, seed)
    activate = _activation()
    pft = f"{activate} && pft" if activate else "pft"
    console.print(f"Watch it live in another terminal: {pft} dash -w {folder}", soft_wrap=True)
    run_grid(workspace, load_settings(workspace.settings_file))
    for name in ("table1", "figure2"):
        console.print()
        results(name, workspace=folder)
    console.print(f"\n{_next(activate, folder)}", soft_wrap=True, markup=False)


def _activation() -> str:
    """What puts `pft` on the path, where another one or none is there; empty where it is there already."""
    here = Path(sys.executable).parent
    if shutil.which("pft") == str(here / "pft") or not (here / "activate").is_file():
        return ""
    near = here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here
    return f". {near / 'activate'}"


def _next(activate: str, folder: Path) -> str:
    steps = [
        (activate, "put pft on the path"),
        (f"cd {folder}", "the demo's workspace"),
        ("pft", "the dashboard"),
        ("pft results figure4", "one figure or table; `pft results` is an overview"),
        ("pft sql", "a prompt for questions of your own, with examples"),
        ("pft init ../mine", "a workspace of your own, for real corpora"),
    ]
    wide = max(len(step) for step, _ in steps)
    return "\n".join(["Next:", *(f"  {step:<{wide}}  {words}" for step, words in steps if step)])
