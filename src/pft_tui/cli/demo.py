"""`pft demo`: the whole experiment, small, on synthetic speech."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pft_tui.cli.run import run_grid


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The demo's workspace.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of the synthetic speech and of the experiment.", min=0)] = 0,
) -> None:
    """Run the paper's experiment in minutes, on two CPU cores and speech that is made up on the spot.

    It writes five synthetic corpora in the layouts of the real releases, pre-finetunes a tiny encoder on
    every set of four of them, runs the few-shot trials on the fifth, and ends with the tables. Ctrl-C stops
    it; the same command goes on.
    """
    from rich.console import Console
    from rich.progress import Progress

    from pft_tui.cli.results import results
    from pft_tui.demo.layouts import write_corpora
    from pft_tui.demo.workspace import write_settings
    from pft_tui.paths import Workspace
    from pft_tui.settings import load_settings

    workspace = Workspace(folder.absolute())
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True, highlight=False)
    with Progress(console=console) as bars:
        task = bars.add_task("Writing speech", total=None)
        roots = write_corpora(
            workspace.root / "corpora",
            seed=seed,
            progress=lambda done, total: bars.update(task, completed=done, total=total),
        )
    write_settings(workspace.root, roots, seed)
    console.print(f"Watch it live with `pft dash -w {folder}` in another terminal", soft_wrap=True)
    run_grid(workspace, load_settings(workspace.settings_file))
    results("table1", workspace=folder)
    results("figure2", workspace=folder)
    console.print(
        f"\nNext: `cd {folder}`, then `pft` for the dashboard, `pft results figure4` for one figure;\n"
        '`pft sql "from powerset order by k, mean_f1 desc"` for questions of your own;\n'
        "`pft init` in a folder of your own, to point its pft.toml at real corpora.",
        soft_wrap=True,
    )
