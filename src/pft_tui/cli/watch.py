"""`pft watch`: one summary that is kept up to date, for those who want no full screen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pft_tui.cli.options import WorkspaceOption, workspace_of
from pft_tui.cli.status import KINDS, slot_words, state_words

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from pft_tui.tui.feed import Pulse


def watch(
    workspace: WorkspaceOption = None,
    once: Annotated[bool, typer.Option("--once", help="Print it once and end, for scripts.")] = False,
    every: Annotated[float, typer.Option("--every", min=0.2, metavar="SECONDS", help="How often.")] = 2.0,
) -> None:
    """Show in a few lines how far everything is, until Ctrl-C."""
    from rich.console import Console
    from rich.live import Live

    from pft_tui.tui.feed import Feed

    feed, console = Feed(workspace_of(workspace)), Console(highlight=False)
    if once or not console.is_terminal:
        console.print(summary(feed.pulse(), console.width if console.is_terminal else None))
        return
    with Live(summary(feed.pulse(), console.width), console=console, auto_refresh=False) as live:
        while True:
            time.sleep(every)
            live.update(summary(feed.pulse(), console.width), refresh=True)


def summary(pulse: Pulse, width: int | None = None) -> RenderableType:
    """A pulse as lines: what is going on, the three kinds of jobs, the models, the slots."""
    from rich.console import Group
    from rich.text import Text

    if pulse.trouble is not None or pulse.overview is None:
        trouble = pulse.trouble
        return Text("\n".join([trouble.title, trouble.words, *trouble.remedies]) if trouble else "no data")
    parts: list[RenderableType] = [Text(_state(pulse), style="bold"), _counts(pulse.overview)]
    if width is None or width >= 60:
        parts += [Text(), _models(pulse.overview["models"])]
    if pulse.status is not None:
        parts += [Text(), *(Text(slot_words(slot)) for slot in pulse.status["slots"])]
    return Group(*parts)


def _state(pulse: Pulse) -> str:
    from pft_tui.tui.words import duration

    overview, words = pulse.overview or {}, []
    if pulse.status is None:
        as_of = time.strftime("%H:%M:%S", time.localtime(pulse.as_of))
        words.append(f"{pulse.notice}, as of {as_of}")
    else:
        words.append(state_words(pulse.status))
    if overview["rate"]:
        words.append(f"{overview['rate']:.2f} trials/s")
    if overview["left"]:
        words.append(f"{duration(overview['left'])} left")
    return ", ".join(words)


def _counts(overview: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for kind, name in KINDS.items():
        count = overview["progress"][kind]
        table.add_row(name, _bar(count), _words(count))
    return table


def _models(models: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for model in models:
        table.add_row(model["model"], _bar(model), _words(model), _training(model))
    return table


def _bar(count: dict[str, Any], width: int = 20) -> str:
    full = round(width * count["finished"] / count["total"]) if count["total"] else 0
    return "━" * full + "─" * (width - full)


def _words(count: dict[str, Any]) -> str:
    words = f"{count['finished']:,}/{count['total']:,}"
    words += f" {count['running']:,} running" if count["running"] else ""
    return words + (f" {count['failed']:,} failed" if count["failed"] else "")


def _training(model: dict[str, Any]) -> str:
    if not model["is_prefinetuned"] or model["state"] == "finished":
        return ""
    done = f" {model['done']}/{model['steps']} {model['unit']}" if model["done"] is not None else ""
    return f"model {model['state']}{done}"
