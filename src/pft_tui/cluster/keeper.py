"""The actor that holds a share of a node for nobody, where a worker too many ran out of its memory."""

from __future__ import annotations

from typing import Any

import ray
from ray.actor import ActorHandle
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pft_tui.cluster.charge import Charge


class Keeper:
    """Is there, and does nothing. It ends with the process that has started it."""

    async def begin(self) -> None:
        """Be there."""


def keeper_of(charge: Charge, node_id: str) -> ActorHandle[Any]:
    """What holds as much of that node as a worker of this charge did, as soon as that is free."""
    there = NodeAffinitySchedulingStrategy(node_id, soft=False)
    return ray.remote(Keeper).options(**charge.resources, scheduling_strategy=there).remote()
