"""What Ray adds to a trial: `python bench/cluster.py` runs trials that do nothing, here and on nodes of Ray.

The nodes are on this machine. `--long` feeds two of them for a minute or so, as fast as one daemon can.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psutil
from queue_work import Row, daemon, enqueue, noop_grid, row, show
from ray.cluster_utils import Cluster

from pft_tui.daemon.client import ask
from pft_tui.paths import Workspace

SHORT, LONG = 10_000, 60_000
STORE_BYTES = 150 << 20
EPOCHS = 60
# Who spends processor time, by what is in its command line.
SPENDERS = {
    "the daemon": "pft_tui.daemon {root}",
    "the bridge": "pft_tui.cluster.bridge {root}",
    "the hosts": "ray::Host",
    "the workers": "pft_tui.cluster.tethered",
    "the workers here": "pft_tui.worker {root}",
    "the rest of Ray": "ray",
}


@contextmanager
def nodes(count: int) -> Iterator[str]:
    """A cluster of so many nodes, with two CPUs among them; its address."""
    cluster = Cluster()
    for _ in range(count):
        options = {} if cluster.head_node else {"include_dashboard": False}
        cluster.add_node(num_cpus=2 // count, object_store_memory=STORE_BYTES, **options)
    try:
        yield cluster.address
    finally:
        cluster.shutdown()


def spent(root: Path) -> dict[str, float]:
    """Seconds of the processor so far, by who spent them, of the daemon in `root` and all of Ray."""
    seconds = dict.fromkeys(SPENDERS, 0.0)
    for process in psutil.process_iter(["cmdline", "cpu_times"]):
        line = " ".join(process.info["cmdline"] or [])
        who = next((who for who, words in SPENDERS.items() if words.format(root=root) in line), None)
        if who and process.info["cpu_times"] and process.pid != psutil.Process().pid:
            seconds[who] += process.info["cpu_times"].user + process.info["cpu_times"].system
    return seconds


def feed(workspace: Workspace, where: str, trials: int) -> list[Row]:
    """Run so many trials, from the moment that both workers are there."""
    enqueue(workspace, noop_grid(210))
    wait(workspace)
    before, began = spent(workspace.root), time.perf_counter()
    enqueue(workspace, noop_grid(210 + trials))
    wait(workspace)
    seconds, after = time.perf_counter() - began, spent(workspace.root)
    ask(workspace, "publish")
    with duckdb.connect(str(workspace.snapshot), read_only=True) as snapshot:
        counted = snapshot.execute(
            "select count(*), (select count(*) from trials where status = 'finished') from metrics"
        ).fetchone()
    assert counted == ((210 + trials) * EPOCHS, 210 + trials), counted
    rows = [
        row(f"{where}, {trials} trials, each", 1000 * seconds / trials, "ms"),
        row(f"{where}, trials in a second", trials / seconds, "/s"),
    ]
    for who, at_first in before.items():
        each = 1000 * (after[who] - at_first) / trials
        if each >= 0.005:
            rows.append(row(f"{where}, processor time of {who}, each", each, "ms"))
    return rows


def wait(workspace: Workspace) -> None:
    """Wait until all is done."""
    while not ask(workspace, "status")["done"]:
        time.sleep(0.1)


def on_ray(count: int, trials: int) -> list[Row]:
    """The trials on so many nodes."""
    with nodes(count) as address:
        more = f'executor = "ray"\naddress = "{address}"\nshared_workspace = true\n'
        with daemon(2, more) as workspace:
            return feed(workspace, f"Ray, {count} node{'s' if count > 1 else ''}", trials)


def main() -> None:
    """Measure and show."""
    if "--long" in sys.argv:
        sys.argv.remove("--long")
        show("Trials that do nothing, on two nodes of Ray", on_ray(2, LONG))
        return
    with daemon(2) as workspace:
        rows = feed(workspace, "local", SHORT)
    show("Trials that do nothing, here and on Ray", rows + on_ray(1, SHORT) + on_ray(2, SHORT))


if __name__ == "__main__":
    main()
