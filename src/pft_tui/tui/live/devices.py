"""The machine in a few lines: each device with its load, its history and the slots on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from pft_tui.reports import palette
from pft_tui.tui.live.bars import spark
from pft_tui.tui.live.machine import CPU, Load, Monitor
from pft_tui.units import GIB

Slot = Mapping[str, Any]
_SPARK, _LEAST_SPARK = 20, 6
_BESIDE_SPARK = 18  # a device's name, its utilisation, and the gaps around
_HOT = 85


def devices_text(
    loads: Sequence[Load], slots: Sequence[Slot], monitor: Monitor, width: int, most: int
) -> Text:
    """A line for each device here, and one for each other node of a cluster that has slots.

    With more than `most` of them the last line says how busy the devices are that have none of their own.
    """
    shown = loads if len(loads) <= most else loads[: most - 1]
    facts = [_facts(load, slots) for load in shown]
    needed = max((each.cell_len for each in facts), default=0)
    room = max(_LEAST_SPARK, min(_SPARK, width - _BESIDE_SPARK - needed))
    lines, gap = [], "  "
    for load, known in zip(shown, facts, strict=True):
        line = _line(load, known, monitor.history(load.device), room)
        if line.cell_len + len(gap) + len(load.name) <= width:  # whole, or not at all
            line.append(gap).append(load.name, "dim")
        lines.append(line)
    if len(shown) < len(loads):
        lines.append(_rest(loads[len(shown) :]))
    for node in sorted({str(slot["node"]) for slot in slots if slot.get("node")}):
        there = [slot for slot in slots if slot.get("node") == node]
        lines.append(Text.assemble((f"{node}  ", "bold"), _slots(there)))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines[: max(most, 1)])


def _rest(loads: Sequence[Load]) -> Text:
    known = [load.utilisation for load in loads if load.utilisation is not None]
    mean = f", {sum(known) / len(known):.0f} % busy on average" if known else ""
    return Text(f"and {len(loads)} more devices{mean}", "dim")


def _line(load: Load, facts: Text, history: Sequence[float | None], room: int) -> Text:
    """How busy a device is, with so much room for its history, and what else is known of it."""
    name = "CPU" if load.device == CPU else load.device
    parts = [Text(f"{name:<7}", "bold")]
    if load.utilisation is not None:
        graph = spark(history[-room:], room, low=0.0, high=100.0).ljust(room)
        parts += [Text(f"{load.utilisation:3.0f} %"), Text(graph, palette.style(palette.SKY_BLUE))]
    return Text("  ").join([*parts, facts])


def _facts(load: Load, slots: Sequence[Slot]) -> Text:
    """A device's memory, heat, power and slots, as far as they are known."""
    parts = []
    if load.used is not None and load.total:
        kind = "RAM" if load.device == CPU else "mem"
        parts.append(Text(f"{kind} {load.used / GIB:.1f}/{load.total / GIB:.0f} GiB"))
    if load.temperature is not None:
        style = palette.style(palette.VERMILION) if load.temperature >= _HOT else ""
        parts.append(Text(f"{load.temperature} °C{'!' * (load.temperature >= _HOT)}", style))
    if load.power is not None:
        limit = f"/{load.power_limit:.0f}" if load.power_limit else ""
        parts.append(Text(f"{load.power:.0f}{limit} W"))
    if here := [slot for slot in slots if slot["device"] == load.device and not slot.get("node")]:
        parts.append(_slots(here))
    return Text("  ").join(parts)


def _slots(slots: Sequence[Slot]) -> Text:
    """The slots of a device by their numbers; one that is not busy says what it is."""
    words = [
        f"{slot['slot']}" if slot["state"] == "busy" else f"{slot['slot']} {slot['state']}" for slot in slots
    ]
    return Text(f"slot{'s' * (len(slots) != 1)} {', '.join(words)}")
