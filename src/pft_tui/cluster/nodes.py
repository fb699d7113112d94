"""The cluster's nodes, by the names that people know them by."""

from __future__ import annotations

import platform
from pathlib import Path

import ray

from pft_tui.specs import identify


def namespace(workspace: Path) -> str:
    """Ray's namespace for the hosts of a workspace: of this folder on this machine."""
    return f"pft-{identify('namespace', platform.node(), str(workspace.resolve()))}"


def node_names() -> dict[str, str]:
    """The name of each node that is alive, by its id: the one it was started with, else its machine's."""
    return {node["NodeID"]: _name(node) for node in ray.nodes() if node["Alive"]}


def is_part_of_the_cluster() -> bool:
    """Whether the node that this process came in by is alive in the cluster that answers now.

    A head that was started anew knows nothing of those who were there before, and says nothing to them.
    """
    return ray.get_runtime_context().get_node_id() in node_names()


def _name(node: dict[str, str]) -> str:
    given = node["NodeName"]
    return given if given and given != node["NodeManagerAddress"] else node["NodeManagerHostname"]
