"""The slots of a Ray cluster: as many as were asked for, or as its nodes have room for at the moment."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence

from pft_tui.cluster.messages import Node
from pft_tui.errors import PftError
from pft_tui.scheduler.slots import ANY_NODE, Slot
from pft_tui.settings.model import RunSettings

HERE = "cpu"
GPU, CPU = f"gpu of {ANY_NODE}", f"cpu of {ANY_NODE}"


class ClusterError(PftError):
    """There is no Ray cluster to be had, or none for such settings."""


def check(settings: RunSettings) -> None:
    """Raise ClusterError for what can only be asked of one machine."""
    if settings.slots_per_gpu == "auto" and settings.devices != "cpu":
        raise ClusterError(
            "run.slots_per_gpu = 'auto' is for the GPUs of this machine",
            hint="give the number of workers that shall share a GPU of the cluster",
        )
    if settings.devices_per_model > 1:
        raise ClusterError(
            "run.devices_per_model is for the devices of this machine",
            hint="set it to 1: on a Ray cluster a worker trains a model alone, on one device",
        )


class ClusterSlots:
    """Lays out slots that differ in nothing but their number: Ray chooses who runs where.

    Whether they are for GPUs is settled by the nodes of the beginning, so that an experiment does not go
    from one kind of device to another.
    """

    def __init__(self, settings: RunSettings, nodes: Iterable[Node]) -> None:
        # A list asks for GPUs even where there is none yet, as before an autoscaler has added nodes.
        has_gpus = any(node.gpus for node in nodes) and settings.devices != "cpu"
        self.device = GPU if isinstance(settings.devices, list) or has_gpus else CPU
        self.follows_nodes = not settings.cluster_slots
        self.workers_per_gpu = 1 if settings.slots_per_gpu == "auto" else settings.slots_per_gpu
        self._wanted = settings.cluster_slots
        self._threads = settings.threads or 1

    def on(self, nodes: Sequence[Node], set_aside: Iterable[str]) -> list[Slot]:
        """One slot here to prepare corpora, and those on the nodes, one at least.

        `set_aside` names, by its id, the node of each share that no worker may have any more.
        """
        lacking = Counter(set_aside)
        room = sum(max(0, self._room(node) - lacking[node.node_id]) for node in nodes)
        here = Slot(0, HERE, len(os.sched_getaffinity(0)), "preparing")
        workers = self._wanted or max(1, room)
        there = [Slot(index, self.device, self._threads, "training") for index in range(1, workers + 1)]
        return [here, *there]

    def _room(self, node: Node) -> int:
        by_cpus = int(node.cpus // self._threads)
        return min(by_cpus, int(node.gpus * self.workers_per_gpu)) if self.device == GPU else by_cpus
