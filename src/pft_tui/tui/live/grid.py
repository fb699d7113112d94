"""How far the grid is: a line or two on all of it, and a bar for each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from pft_tui.reports import palette
from pft_tui.reports.room import wrapped
from pft_tui.tui.live.bars import bar_of, gauge
from pft_tui.tui.signs import FILLS
from pft_tui.tui.words import duration

Row = Mapping[str, Any]
NARROW = 18
_GAP = 2


def summary(overview: Row, width: int) -> Text:
    """Two lines: how many trials have finished, then how fast they do and what the others are doing."""
    trials = overview["progress"]["trials"]
    share = trials["finished"] / trials["total"] if trials["total"] else 0.0
    counts = f" {trials['finished']:,} of {trials['total']:,} trials  {100 * share:.1f} %"
    first = Text.assemble(bar_of(trials, max(width - len(counts), 4)), (counts, "bold"))
    parts = [_count(trials, "running"), _count(trials, "failed"), _count(trials, "queued", "waiting")]
    parts += [_others(overview, "models"), _others(overview, "prepares", "corpora")]
    if overview["rate"]:
        parts.insert(0, Text(_rate(overview["rate"])))
        if overview["left"]:
            parts.insert(1, Text(f"{duration(overview['left'])} left", "bold"))
    second = Text("   ").join([part for part in parts if part])
    second.truncate(width, overflow="ellipsis")
    return Text("\n").join([first, second])


def models_text(rows: Sequence[Row], width: int, lines: int) -> Text:
    """A bar for each model, side by side where there is no room for them one below the other.

    The corpora that a model learnt from are dots, explained above. What there is no room for is counted in
    the last line.
    """
    corpora = corpora_of(rows)
    legend = _legend(corpora, width)
    down = max(lines - legend.plain.count("\n") - 1, 1)
    across = min(max(1, (width + _GAP) // (NARROW + _GAP)), -(-len(rows) // down) or 1)
    each = (width - _GAP * (across - 1)) // across
    down = min(down, -(-len(rows) // across))
    if len(rows) > across * down:
        down -= 1
    left_out = len(rows) - across * down
    written = [legend]
    for line in range(down):
        parts = [
            _model(rows[place], corpora, each) for place in range(line, min(len(rows), down * across), down)
        ]
        written.append(Text(" " * _GAP).join(parts))
    if left_out > 0:
        written.append(Text(f"and {left_out} more", "dim"))
    return Text("\n").join(written)


def corpora_of(rows: Sequence[Row]) -> list[str]:
    """The corpora that any of the models learnt from, in alphabetic order."""
    return sorted({name for row in rows if row["n_corpora"] for name in str(row["model"]).split("+")})


def dots_of(model: str | None, corpora: Sequence[str]) -> str:
    """A dot for each corpus, filled where the model learnt from it; the name of what is no set of corpora."""
    members = set((model or "").split("+"))
    if model == "base" or (model and members <= set(corpora)):
        return "".join("●" if corpus in members else "·" for corpus in corpora)
    return model or ""


def _legend(corpora: Sequence[str], width: int) -> Text:
    """Which dot is which corpus."""
    items = [Text(f"{dots_of(name, corpora)} {name}", "dim") for name in corpora]
    return wrapped(items or [Text("models", "dim")], width)


def _model(row: Row, corpora: Sequence[str], width: int) -> Text:
    name = dots_of(row["model"], corpora) if row["id"] else str(row["model"])
    label = Text(f"{name[: max(len(corpora), 8)]:<{len(corpora)}} ")
    room = width - len(label)
    if row["is_prefinetuned"] and row["state"] == "running":
        done, steps = row["done"] or 0, row["steps"] or 0
        note = f" {done}/{steps} {(row['unit'] or '')[:2]}"
        return (
            label + gauge(done / steps if steps else 0.0, room - len(note), _purple()) + Text(note, _purple())
        )
    if row["state"] == "failed":
        return label + Text(f"{FILLS['failed'][0]} failed".ljust(room)[:room], FILLS["failed"][1])
    if row["is_prefinetuned"] and row["state"] == "queued" and not row["finished"]:
        return label + Text("waits".ljust(room)[:room], "dim")
    share = 100 * row["finished"] / row["total"] if row["total"] else 0.0
    note = f" {row['finished']:,}/{row['total']:,}" if room >= 2 * NARROW else f" {share:3.0f}%"
    return (
        label + bar_of(row, room - len(note)) + Text(note, "bold" if row["finished"] == row["total"] else "")
    )


def _purple() -> str:
    return palette.style(palette.PURPLE)


def _count(counts: Row, state: str, word: str | None = None) -> Text:
    if not counts[state]:
        return Text()
    character, style = FILLS[state]
    return Text.assemble((character, style), f" {counts[state]:,} {word or state}")


def _others(overview: Row, kind: str, word: str | None = None) -> Text:
    counts = overview["progress"][kind]
    if not counts["total"]:
        return Text()
    words = f"{counts['finished']:,}/{counts['total']:,} {word or kind}"
    return Text.assemble(
        words, (f" {counts['failed']:,} failed" if counts["failed"] else "", FILLS["failed"][1])
    )


def _rate(per_second: float) -> str:
    return f"{per_second:.1f} trials/s" if per_second >= 1 else f"{60 * per_second:.1f} trials/min"
