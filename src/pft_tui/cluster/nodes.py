"""The cluster's nodes, by the names that people know them by."""

from __future__ import annotations

import logging
import platform
import socket
from pathlib import Path
from typing import Any

import ray

from pft_tui.cluster.messages import Node
from pft_tui.specs import identify

REACH_SECONDS = 5.0


def namespace(workspace: Path) -> str:
    """Ray's namespace for the hosts of a workspace: of this folder on this machine."""
    return f"pft-{identify('namespace', platform.node(), str(workspace.resolve()))}"


def connect(address: str, workspace: Path) -> None:
    """Make this process one of the cluster's, in the workspace's namespace.

    Raises ConnectionError where there is none, at once where nobody listens at the address.
    """
    host, _, port = address.rpartition(":")
    if "://" in address:
        raise ConnectionError(f"{address} leads through Ray's client, which cannot stay when this one goes")
    if port.isdigit():
        try:
            socket.create_connection((host, int(port)), REACH_SECONDS).close()
        except OSError as error:
            raise ConnectionError(f"nobody listens at {address} ({error})") from None
    try:
        ray.init(
            address=address,
            namespace=namespace(workspace),
            log_to_driver=False,
            logging_level=logging.WARNING,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ConnectionError(str(error).strip().splitlines()[0]) from None


def alive_nodes() -> list[Node]:
    """The nodes that are alive, each by the name it was started with, else its machine's, in their order."""
    found = [
        Node(
            node["NodeID"], _name(node), node["Resources"].get("CPU", 0.0), node["Resources"].get("GPU", 0.0)
        )
        for node in ray.nodes()
        if node["Alive"]
    ]
    return sorted(found, key=lambda node: (node.name, node.node_id))


def node_names() -> dict[str, str]:
    """The name of each node that is alive, by its id."""
    return {node.node_id: node.name for node in alive_nodes()}


def _name(node: dict[str, Any]) -> str:
    given: str = node["NodeName"]
    return given if given and given != node["NodeManagerAddress"] else node["NodeManagerHostname"]
