"""The cluster's nodes, by the names that people know them by."""

from __future__ import annotations

import logging
import platform
import socket
from collections import Counter
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
    """The nodes that are alive, each by the name it was started with, else its machine's, in their order.

    Of several with one name each has the end of its id, too.
    """
    there = [node for node in ray.nodes() if node["Alive"]]
    often = Counter(_name(node) for node in there)
    found = [_node(node, is_alone=often[_name(node)] == 1) for node in there]
    return sorted(found, key=lambda node: (node.name, node.node_id))


def _node(node: dict[str, Any], *, is_alone: bool) -> Node:
    node_id, has = node["NodeID"], node["Resources"]
    name = _name(node) if is_alone else f"{_name(node)}-{node_id[-4:]}"
    return Node(node_id, name, has.get("CPU", 0.0), has.get("GPU", 0.0))


def node_names() -> dict[str, str]:
    """The name of each node that is alive, by its id."""
    return {node.node_id: node.name for node in alive_nodes()}


def _name(node: dict[str, Any]) -> str:
    given: str = node["NodeName"]
    return given if given and given != node["NodeManagerAddress"] else node["NodeManagerHostname"]
