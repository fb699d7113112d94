"""The place where a workspace's work is done, as its settings say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from pft_tui.paths import Workspace
from pft_tui.scheduler.executor import LocalExecutor
from pft_tui.scheduler.room import Room
from pft_tui.scheduler.scheduler import Scheduler
from pft_tui.scheduler.slots import slots_of
from pft_tui.settings.model import RunSettings
from pft_tui.store.owner import Store


@contextmanager
def scheduler_of(workspace: Workspace, store: Store, settings: RunSettings) -> Iterator[Scheduler]:
    """The scheduler of a store on this machine's slots, or those of a Ray cluster.

    Raises DeviceError or ClusterError where what the settings ask for is not there.
    """
    if settings.executor == "local":
        local = LocalExecutor(workspace, deterministic=settings.deterministic)
        room = Room(workspace.private, settings)
        yield Scheduler(store, local, slots_of(settings), settings, room)
        return
    from pft_tui.scheduler.cluster import ClusterExecutor

    with closing(ClusterExecutor(workspace, settings)) as cluster:
        # The memory of GPUs elsewhere is not seen from here; Ray shares them out.
        room = Room(workspace.private, settings, lambda _device: None)
        yield Scheduler(store, cluster, cluster.slots(), settings, room)
