"""What the bridge to a cluster is told and tells, in JSON lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from pft_tui.cluster.charge import Charge, Placement


@dataclass(frozen=True)
class Start:
    """Have a worker run on some node."""

    charge: Charge
    do: Literal["start"] = "start"


@dataclass(frozen=True)
class Deliver:
    """There is a new order in the worker's inbox."""

    worker_id: str
    do: Literal["deliver"] = "deliver"


@dataclass(frozen=True)
class Signal:
    """Send a worker a signal."""

    worker_id: str
    number: int
    do: Literal["signal"] = "signal"


@dataclass(frozen=True)
class SetAside:
    """Hold the worker's share of its device even when it has ended."""

    worker_id: str
    do: Literal["set_aside"] = "set_aside"


@dataclass(frozen=True)
class End:
    """Give everything back, and end."""

    do: Literal["end"] = "end"


@dataclass(frozen=True)
class Node:
    """A node of the cluster that is alive, by Ray's id and by the name that people know it by."""

    node_id: str
    name: str
    cpus: float
    gpus: float


@dataclass(frozen=True)
class Connected:
    """The cluster is there: its nodes, and which of this workspace's workers are on them."""

    nodes: list[Node]
    workers: list[str]
    type: Literal["connected"] = "connected"


@dataclass(frozen=True)
class Nodes:
    """The cluster's nodes, of which some have joined or left it."""

    nodes: list[Node]
    type: Literal["nodes"] = "nodes"


@dataclass(frozen=True)
class Placed:
    """A worker runs, on the node of that name."""

    charge: Charge
    placement: Placement
    node: str
    type: Literal["placed"] = "placed"


@dataclass(frozen=True)
class Gone:
    """A worker is no more, and all that could be had of its reports is in its spool.

    It was `lost` where its node is no more, either, and `starved` where Ray ended it since the memory of its
    node ran out.
    """

    worker_id: str
    end: Literal["died", "lost", "starved"]
    type: Literal["gone"] = "gone"


@dataclass(frozen=True)
class Refused:
    """There is no cluster to be had, and why."""

    why: str
    type: Literal["refused"] = "refused"


Command = Start | Deliver | Signal | SetAside | End
Word = Connected | Nodes | Placed | Gone | Refused
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="do")])
WORDS: TypeAdapter[Word] = TypeAdapter(Annotated[Word, Field(discriminator="type")])
