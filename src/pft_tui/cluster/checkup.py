"""`python -m pft_tui.cluster.checkup WORKSPACE ADDRESS`: what each node of the cluster has, as JSON.

A process of its own, since Ray may end the one that asks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import pft_tui
from pft_tui.cluster.nodes import connect, node_names
from pft_tui.units import GIB

PACKAGES = ("pft-tui", "torch", "torchaudio", "transformers", "numpy", "safetensors", "ray")
ANSWER_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a node has. `code` is a digest of this package's sources, `free_gib` the room for data there."""

    python: str
    packages: dict[str, str]
    code: str
    gpus: int
    free_gib: float
    sees_workspace: bool


def facts(workspace: Path) -> Facts:
    """The facts about the machine that this runs on."""
    return Facts(
        python=platform.python_version(),
        packages={name: _version(name) for name in PACKAGES},
        code=_digest(Path(pft_tui.__file__).parent),
        gpus=len(ray.get_gpu_ids()),
        free_gib=shutil.disk_usage(tempfile.gettempdir()).free / GIB,
        sees_workspace=(workspace / "pft.toml").is_file(),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _digest(folder: Path) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".sql"):
            digest.update(f"{path.relative_to(folder)} ".encode() + path.read_bytes())
    return digest.hexdigest()


def _examine(workspace: Path) -> dict[str, object]:
    """By the node's name, its facts or the words of what kept it from telling them; and this machine's."""
    names = node_names()
    gpus = {node["NodeID"]: node["Resources"].get("GPU", 0) for node in ray.nodes()}
    asked = {
        node_id: ray.remote(facts)
        .options(num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False))
        .remote(workspace)
        for node_id in names
    }
    told: dict[str, object] = {}
    for node_id, answer in asked.items():
        try:
            told[names[node_id]] = asdict(ray.get(answer, timeout=ANSWER_SECONDS)) | {"gpus": gpus[node_id]}
        except GetTimeoutError:
            told[names[node_id]] = f"no answer within {ANSWER_SECONDS:g} seconds"
        except RayError as error:
            told[names[node_id]] = str(error).strip().splitlines()[-1].strip()
    return {"here": asdict(facts(workspace)), "nodes": told}


def main() -> int:
    """Print what is found; where there is no cluster, why not."""
    parser = argparse.ArgumentParser(prog="python -m pft_tui.cluster.checkup")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("address")
    asked = parser.parse_args()
    try:
        connect(asked.address, asked.workspace)
    except ConnectionError as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        return 1
    sys.stdout.write(json.dumps(_examine(asked.workspace)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
