"""What can be wrong with a Ray cluster and its nodes, looked at before anything runs there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from pft_tui.daemon.finding import Finding
from pft_tui.paths import Workspace
from pft_tui.settings.model import RunSettings

MODULE = "pft_tui.cluster.checkup"
MOST_SECONDS = 120.0


def examine_cluster(workspace: Workspace, settings: RunSettings) -> list[Finding]:
    """A finding about the cluster, and one about each of its nodes."""
    if find_spec("ray") is None:
        return [_cluster("Ray is not installed", "pip install 'pft-tui[ray]'")]
    told = _asked(workspace, settings.address)
    if "error" in told:
        return [_cluster(told["error"], "`ray start` makes this machine part of a cluster; see run.address")]
    names = ", ".join(told["nodes"])
    found = Finding("cluster", ok=True, found=f"{len(told['nodes'])} nodes: {names}")
    return [found, *(_node(name, node, told["here"], settings) for name, node in told["nodes"].items())]


def _cluster(found: str, remedy: str) -> Finding:
    return Finding("cluster", ok=False, found=found, remedy=remedy)


def _asked(workspace: Workspace, address: str) -> Any:  # noqa: ANN401 - plain JSON data
    command = [sys.executable, "-m", MODULE, str(workspace.root), address]
    try:
        answer = subprocess.run(  # noqa: S603 - our own module
            command, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
        )
        return json.loads(answer.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"error": f"the cluster at {address} has not answered for {MOST_SECONDS:g} seconds"}
    except (IndexError, ValueError):
        words = answer.stderr.strip().splitlines() or ["no words about why"]
        return {"error": f"the cluster at {address} cannot be asked: {words[-1]}"}


def _node(name: str, node: Any, here: Mapping[str, Any], settings: RunSettings) -> Finding:  # noqa: ANN401 - as above
    check = f"node {name}"
    if isinstance(node, str):
        return Finding(check, ok=False, found=node, remedy="install pft-tui there, as it is here")
    wrong = list(_differences(node, here))
    if settings.shared_workspace and not node["sees_workspace"]:
        wrong.append("it does not see the workspace (run.shared_workspace)")
    if not settings.shared_workspace and node["free_gib"] < settings.disk_floor:
        wrong.append(f"{node['free_gib']:.1f} GiB free for data (run.disk_floor)")
    has = f"{node['gpus']:g} GPUs, torch {node['packages']['torch']}, {node['free_gib']:.0f} GiB free"
    remedy = "make it like this machine, and start its Ray node again"
    return Finding(check, ok=not wrong, found="; ".join(wrong) or has, remedy=remedy)


def _differences(node: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    if node["python"] != here["python"]:
        yield f"Python {node['python']}, not {here['python']}"
    for package, version in here["packages"].items():
        if node["packages"][package] != version:
            yield f"{package} {node['packages'][package]}, not {version}"
    if node["code"] != here["code"]:
        yield "its pft-tui is of another revision"
