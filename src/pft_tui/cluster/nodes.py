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
    """The name of each node by its id: the one it was started with, else its machine's."""
    return {node["NodeID"]: _name(node) for node in ray.nodes()}


def _name(node: dict[str, str]) -> str:
    given = node["NodeName"]
    return given if given and given != node["NodeManagerAddress"] else node["NodeManagerHostname"]
