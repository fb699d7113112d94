"""Nodes of a real Ray cluster as processes of this machine, each of which can be killed by itself."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

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

    def start(self, name, *, cpus=1, gpus=0):
        """Start a node and wait until it is part of the cluster. It has temporary files of its own."""
        files = Path(self._folder) / f"files-of-{name}"
        files.mkdir(exist_ok=True)
        if self._nodes:
            role = [f"--address={self.address}"]
        else:
            role = ["--head", f"--port={self.port}", "--include-dashboard=false"]
            role += ["--node-ip-address=127.0.0.1", f"--temp-dir={self._folder}"]
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
            env={**os.environ, **ENVIRONMENT, "TMPDIR": str(files)},
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

    def kill(self, name):
        """The node is gone at once, with all its processes but those that are in sessions of their own."""
        process = self._nodes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
