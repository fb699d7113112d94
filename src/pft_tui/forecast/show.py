"""A prediction as people read it."""

from __future__ import annotations

import sys

from rich.table import Table

from pft_tui.forecast.outlook import Outlook
from pft_tui.forecast.predict import Part, Range
from pft_tui.reports.terminal import console_for
from pft_tui.units import GIB

KINDS = {"prepare": "decode", "prefinetune": "pre-finetune", "trials": "trials"}


def show(outlook: Outlook) -> None:
    """Print what is lacking, what each part takes, and the whole."""
    console = console_for(sys.stdout)
    lacking, slots = outlook.lacking, outlook.slots
    models = sum(bool(model.corpora) for model in outlook.grid.models)
    files = sum(len(items) for items in lacking.files.values())
    console.print(
        f"to do: {len(lacking.models):,} of {models:,} models, {len(lacking.trials):,} of "
        f"{len(outlook.grid.trials):,} trials, {files:,} files to decode"
    )
    table = Table("", box=None, header_style="bold")
    table.add_column("", overflow="fold")
    for heading in ("jobs", "epochs each", "one slot", "from", "to"):
        table.add_column(heading, justify="right")
    before = None
    for part in outlook.parts:
        table.add_row(KINDS[part.kind] if part.kind != before else "", *_row(part))
        before = part.kind
    console.print(table)
    total = outlook.total
    places = ", ".join(sorted({slot.device for slot in slots}))
    console.print(
        f"in all {span(total.expected)} on {len(slots)} slot{'s' * (len(slots) > 1)} ({places}), "
        f"from {span(total.low)} to {span(total.high)}",
        style="bold",
    )
    _show_memory(outlook)
    _show_disk(outlook)
    for note in _notes(outlook):
        console.print(note)


def span(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:,.1f} days"


def _row(part: Part) -> list[str]:
    times = (part.expected, part.low, part.high)
    return [part.name, f"{part.jobs:,}", _epochs(part.epochs), *(span(time.wall) for time in times)]


def _epochs(epochs: Range | None) -> str:
    return f"{epochs.expected:.1f}" if epochs else "-"


def _show_memory(outlook: Outlook) -> None:
    memory, slots, console = outlook.memory, len(outlook.slots), console_for(sys.stdout)
    if memory is None:
        return
    parts = ", ".join(f"{kind} {memory[kind] / GIB:.2f}" for kind in ("weights", "passes", "inputs"))
    words = f"memory: {memory['total'] / GIB:.2f} GiB for the trials of a slot ({parts})"
    if outlook.memory_free is not None:
        words += f"; {outlook.memory_free / GIB:.1f} GiB free"
    console.print(words)
    if outlook.memory_free is not None and slots * memory["total"] > outlook.memory_free:
        room = max(1, outlook.memory_free // memory["total"])
        console.print(
            f"The memory has not room for {slots} slots: those that find none will be closed, so set "
            f"run.cpu_slots to {room} or less.",
            style="bold red",
        )


def _show_disk(outlook: Outlook) -> None:
    room, console = outlook.room, console_for(sys.stdout)
    console.print(
        f"disk: {room.needed / GIB:.2f} GiB (models {room.models / GIB:.2f}, checkpoints while they train "
        f"{room.checkpoints / GIB:.2f}, audio {room.audio / GIB:.2f}); {room.free / GIB:.1f} GiB free"
    )
    if room.features_most:
        console.print(
            f"feature cache: {room.features / GIB:.2f} GiB now, at most {room.features_most / GIB:g} "
            "(run.feature_cache), of what is left beside all that"
        )
    if room.needed > room.free:
        console.print("The disk has not room enough.", style="bold red")


def _notes(outlook: Outlook) -> list[str]:
    notes = []
    if outlook.assumed:
        notes.append(
            "Epochs are assumed where no finished run of this grid tells: the geometric middle between "
            "patience + 1 and the most there can be. A trial whose evaluation is perfect ends sooner."
        )
    if outlook.room.features:
        notes.append(
            "Trials take less than this by what the feature cache spares; how much of it is theirs is not "
            "known before they run."
        )
    if outlook.busy:
        notes.append(
            "Other work held the processor while this was timed, and is counted in; the experiment itself "
            f"needs {span(outlook.processor)} of one processor. `pft plan --again` times it anew."
        )
    return notes
