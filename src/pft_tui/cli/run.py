"""`pft run`: the whole grid in the foreground, until it is complete."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from pft_tui.cli.options import SetOption, WorkspaceOption, settings_of, workspace_of

if TYPE_CHECKING:
    from pft_tui.grid import Grid
    from pft_tui.paths import Workspace
    from pft_tui.settings import Settings
    from pft_tui.store.pending import Progress

WHY_FAILED = "from jobs select error, count(*) as n where state = 'failed' group by error order by n desc"
MOST_REASONS = 3


def run(
    workspace: WorkspaceOption = None,
    settings: SetOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run, and run nothing.")] = False,
) -> None:
    """Run what the grid of pft.toml lacks, in the foreground.

    It prepares corpora, pre-finetunes models and runs trials. Ctrl-C stops cleanly; `pft run` again goes
    on where it stopped. Nothing that finished runs again.
    """
    place = workspace_of(workspace)
    run_grid(place, settings_of(place, settings), dry_run=dry_run)


def run_grid(workspace: Workspace, settings: Settings, *, dry_run: bool = False) -> None:
    """Run the grid of a workspace with progress on stderr. Raises PftError where something failed."""
    from pft_tui.cli.progress import GridProgress, reading
    from pft_tui.daemon.answering import answering
    from pft_tui.daemon.service import Service
    from pft_tui.errors import INTERRUPTED
    from pft_tui.scheduler.experiment import read_experiment
    from pft_tui.scheduler.places import scheduler_of
    from pft_tui.scheduler.run import GridRun
    from pft_tui.scheduler.upkeep import queue_grid
    from pft_tui.store.owner import Store

    for number in _endings():
        signal.signal(number, _as_ctrl_c)
    with reading() as say:
        grid = read_experiment(workspace, settings, say)
    if dry_run:
        _describe(grid, _workers(settings))
        return
    with (
        closing(Store.open(workspace, most_attempts=settings.run.attempts)) as store,
        scheduler_of(workspace, store, settings.run) as scheduler,
    ):
        queue_grid(workspace, store, grid, exclusive=True)
        work = GridRun(store, scheduler)
        service = Service(workspace, store, scheduler)
        with (
            answering(workspace, service) as server,
            GridProgress() as bars,
            ended_between_steps(server.serve) as rest,
            closing(work.ticks(rest)) as ticks,
        ):
            said = None
            for progress in ticks:
                bars.show(progress)
                if work.obstacle != said:
                    said = work.obstacle
                    typer.echo(said or "work goes on", err=True)
                if service.is_over:
                    break
        if scheduler.is_halted:
            typer.echo("ended by `pft down`; `pft run` goes on", err=True)
            raise typer.Exit(INTERRUPTED)
    _judge(workspace, progress)


@contextmanager
def ended_between_steps(rest: Callable[[float], None]) -> Iterator[Callable[[float], None]]:
    """`rest`, raising KeyboardInterrupt at its end where a signal has told this process to end meanwhile.

    A signal that comes in the middle of a statement would make an error of DuckDB's of it.
    """
    told: list[int] = []

    def rest_if_not_told(seconds: float) -> None:
        rest(seconds)
        if told:
            raise KeyboardInterrupt

    before = {
        number: signal.signal(number, lambda number, _frame: told.append(number)) for number in _endings()
    }
    try:
        yield rest_if_not_told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _endings() -> list[signal.Signals]:
    """The signals that end a run: all but those that it was told to ignore, as by `nohup`."""
    endings = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return [number for number in endings if signal.getsignal(number) is not signal.SIG_IGN]


def _as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    """A run that is told to end, or loses its terminal, stops as cleanly as by Ctrl-C."""
    raise KeyboardInterrupt


def _judge(workspace: Workspace, progress: Progress) -> None:
    from pft_tui.errors import PftError
    from pft_tui.store.read import query

    kinds = (progress.prepares, progress.models, progress.trials)
    failed, waiting = sum(kind.failed for kind in kinds), sum(kind.queued for kind in kinds)
    if not failed and not waiting:
        return
    reasons = query(workspace, WHY_FAILED).rows
    lines = [f"{failed} jobs failed" + (f", and {waiting} wait for them" if waiting else "")]
    lines += [f"{count} times: {error}" for error, count in reasons[:MOST_REASONS]]
    lines += [f"and {len(reasons) - MOST_REASONS} other reasons"] * (len(reasons) > MOST_REASONS)
    raise PftError("\n".join(lines), hint=f'`pft sql "{WHY_FAILED}"` lists all; `pft run` tries them again')


def _workers(settings: Settings) -> str:
    from pft_tui.scheduler.slots import slots_of

    if settings.run.executor == "ray":
        return "the nodes of a Ray cluster"
    slots = len(slots_of(settings.run))
    return f"{slots} worker{'s' if slots > 1 else ''}"


def _describe(grid: Grid, workers: str) -> None:
    typer.echo(f"{len(grid.corpora)} corpora: {', '.join(corpus.name for corpus in grid.corpora)}")
    typer.echo(f"{len(grid.models)} models: {', '.join(model.corpus_set for model in grid.models)}")
    typer.echo(f"{len(grid.trials)} trials, on {workers}")
