"""The whole prediction for a workspace, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pft_tui.calibration import Time
from pft_tui.corpora.listing import read_listing
from pft_tui.forecast.calibrate import calibrate, keep, kept, key_of
from pft_tui.forecast.inputs import inputs_of, request_of
from pft_tui.forecast.lacking import Lacking, lacking_of, past_of
from pft_tui.forecast.predict import Part, Total, parts_of, total_of
from pft_tui.forecast.room import Room, room_of
from pft_tui.grid import Grid
from pft_tui.paths import Workspace
from pft_tui.scheduler.slots import Slot, slots_of
from pft_tui.settings import Settings
from pft_tui.worker.machine import machine_memory

BUSY = 0.85
"""A worker with one thread that gets less of a processor than this was kept waiting by others."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is left of a grid and what it will take: seconds on the slots there are, bytes of disk.

    `processor` is the processor time of all parts, in seconds, and `busy` whether other work held the
    calibration up. `assumed` says whether epochs were assumed, for want of finished runs. `memory` is what
    trials need on each slot's device, in bytes by kind, None where there are none; `memory_free` what the
    machine has now, None on a GPU.
    """

    lacking: Lacking
    grid: Grid
    slots: tuple[Slot, ...]
    parts: tuple[Part, ...]
    total: Total
    processor: float
    room: Room
    memory: Mapping[str, int] | None
    memory_free: int | None
    busy: bool
    assumed: bool

    def as_data(self) -> dict[str, Any]:
        """The same as what JSON can hold."""
        return {
            "models": {"all": _models(self.grid), "lacking": len(self.lacking.models)},
            "trials": {"all": len(self.grid.trials), "lacking": len(self.lacking.trials)},
            "files": {name: len(items) for name, items in self.lacking.files.items()},
            "slots": [asdict(slot) for slot in self.slots],
            "parts": [asdict(part) for part in self.parts],
            "seconds": asdict(self.total),
            "processor_seconds": self.processor,
            "disk_bytes": {**asdict(self.room), "needed": self.room.needed},
            "memory_bytes_a_slot": dict(self.memory) if self.memory else None,
            "memory_bytes_free": self.memory_free,
            "busy": self.busy,
            "epochs_assumed": self.assumed,
        }


def nothing(grid: Grid) -> dict[str, Any]:
    """What is said of a grid that is complete, as data."""
    return {
        "models": {"all": _models(grid), "lacking": 0},
        "trials": {"all": len(grid.trials), "lacking": 0},
        "files": {},
        "parts": [],
        "seconds": asdict(Total(0.0, 0.0, 0.0)),
    }


def _models(grid: Grid) -> int:
    return sum(bool(model.corpora) for model in grid.models)


def outlook(
    workspace: Workspace, settings: Settings, grid: Grid, *, again: bool, say: Callable[[str], None]
) -> Outlook | None:
    """Predict what a grid, whose corpora are listed, will take; None where nothing of it is left.

    Times its pieces on this machine, unless they are known from before; `again` times them anew, `say`
    hears what is at hand. Raises PftError where a worker cannot compute.
    """
    corpora = {ref.name: read_listing(workspace.listing(ref.name, ref.digest)) for ref in grid.corpora}
    past = past_of(workspace, grid)
    lacking = lacking_of(workspace, grid, corpora, past)
    if lacking.is_nothing:
        return None
    slots = slots_of(settings.run)
    timed = [slot for slot in slots if slot.device == slots[0].device]
    say("reading the lengths of utterances")
    inputs = inputs_of(lacking, corpora, settings.grid.downstream)
    request = request_of(grid, settings, lacking, corpora, inputs, slots[0].device)
    file, key = workspace.calibration, key_of(request, timed)
    costs = None if again else kept(file, key)
    if costs is None:
        costs = calibrate(request, timed, say)
        keep(file, key, costs)
    parts = parts_of(lacking, inputs, costs, past, settings.prefinetune)
    return Outlook(
        lacking,
        grid,
        tuple(slots),
        tuple(parts),
        total_of(parts, len(slots), costs, together=settings.run.devices_per_model),
        sum((part.expected.cpu for part in parts), costs.start.cpu * len(slots)),
        room_of(workspace, settings.run, lacking, corpora, parameters=costs.parameters, slots=len(slots)),
        costs.memory,
        machine_memory().free if slots[0].device == "cpu" else None,
        _is_busy(parts, slots),
        past.models is None or not past.trials,
    )


def _is_busy(parts: Sequence[Part], slots: Sequence[Slot]) -> bool:
    """Whether others kept the processor from workers that need all of it."""
    if slots[0].device != "cpu" or slots[0].threads > 1:
        return False
    whole = sum((part.expected for part in parts), Time())
    return whole.cpu < BUSY * whole.wall
