"""Nodes of a real Ray cluster as processes of this machine, each of which can be killed by itself."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
from noop_grids import processes

from pft_tui.daemon.client import ask, is_running
from pft_tui.paths import Workspace

RAY = str(Path(sys.executable).with_name("ray"))
# A dead node is noticed after two seconds, not after fifteen.
ENVIRONMENT = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "2",
    "RAY_USAGE_STATS_ENABLED": "0",
    "OMP_NUM_THREADS": "1",
}


# What Ray's autoscaler would run on nodes of a cloud; its configuration has to name them all.
COMMANDS = (
    "initialization",
    "setup",
    "head_setup",
    "worker_setup",
    "head_start_ray",
    "worker_start_ray",
)
HEAD_TYPE = "ray.head.default"  # what that provider takes its head to be
SETTINGS = """\
[run]
executor = "ray"
address = "{address}"
shared_workspace = true
publish_seconds = 0.2
disk_floor = 0
attempts = 1
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class RayNodes:
    """Nodes by their names; the first that is started is the head."""

    def __init__(self):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._folder = tempfile.mkdtemp(prefix="pft-ray-")  # short: sockets lie deep in it
        self._nodes = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in list(self._nodes):
            self.kill(name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def temporary_files(self, pattern):
        """The files of this pattern among the temporary ones of all nodes."""
        return list(Path(self._folder).glob(f"files-of-*/{pattern}"))

    def start(self, name, *, cpus=1, gpus=0, environment=None, autoscaling=None):
        """Start a node and wait until it is part of the cluster. It has temporary files of its own.

        A head may be told to start and end nodes by itself (`autoscaling`: by a type's name what such a
        node has, and how many of them there may be).
        """
        files = Path(self._folder) / f"files-of-{name}"
        files.mkdir(exist_ok=True)
        if self._nodes:
            role = [f"--address={self.address}"]
        else:
            role = ["--head", f"--port={self.port}", "--include-dashboard=false"]
            role += ["--node-ip-address=127.0.0.1", f"--temp-dir={self._folder}"]
            if autoscaling:
                role.append(f"--autoscaling-config={self._autoscaling(autoscaling)}")
        options = [
            f"--num-cpus={cpus}",
            f"--num-gpus={gpus}",
            "--object-store-memory=80000000",
            f"--node-name={name}",
        ]
        process = subprocess.Popen(
            [RAY, "start", *role, *options, "--disable-usage-stats", "--block"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ENVIRONMENT, **(environment or {}), "TMPDIR": str(files)},
            start_new_session=True,
            text=True,
        )
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ray runtime started" in line:
                break
        else:
            raise RuntimeError("".join(said))
        self._nodes[name] = process

    def _autoscaling(self, types):
        """Ray's own autoscaler, with its provider of nodes that are processes of this machine."""
        head = {"resources": {}, "node_config": {}, "max_workers": 0}
        provider = {"type": "fake_multinode", "gcs_address": self.address, "use_node_id_as_ip": True}
        commands = {f"{what}_commands": [] for what in COMMANDS}
        nothing = {"auth": {}, "file_mounts": {}, "cluster_synced_files": [], **commands}
        config = {
            **nothing,
            "cluster_name": "pft",
            "upscaling_speed": 1.0,
            "provider": provider,
            "available_node_types": {HEAD_TYPE: head, **types},
            "head_node_type": HEAD_TYPE,
            "max_workers": 8,
            "idle_timeout_minutes": 0.05,
        }
        path = Path(self._folder) / "autoscaling.yaml"
        path.write_text(json.dumps(config))
        return path

    def kill(self, name):
        """The node is gone at once, with all its processes but those that are in sessions of their own."""
        process = self._nodes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def workspace_on(nodes, folder):
    """A workspace whose daemon works on these nodes; what it has started ends with the block."""
    (folder / "pft.toml").write_text(SETTINGS.format(address=nodes.address))
    place = Workspace(folder)
    yield place
    if is_running(place):
        ask(place, "down", now=True)
    for process in processes(place, "pft_tui.daemon") + processes(place, "pft_tui.cluster.bridge"):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.wait(30)
