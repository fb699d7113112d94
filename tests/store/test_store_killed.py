"""Exactly once: an owner that is killed at any moment loses no line of a spool and counts none twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing

import pytest
from small_grids import rows_of

from pft_tui.events import Metrics, Spool
from pft_tui.store.owner import Store
from pft_tui.store.read import query

KILLS = 12
# Imports once, then forks an owner for every line of its input: a real process, started in no time.
NURSERY = """
import os, sys
from pathlib import Path
from pft_tui.paths import Workspace
from pft_tui.store import ingest
from pft_tui.store.owner import Store
ingest.CHUNK_BYTES = 3000
for _ in sys.stdin:
    owner = os.fork()
    if owner == 0:
        store = Store.open(Workspace(Path(sys.argv[1])))
        while True:
            store.ingest()
            store.finish_publish()
            store.start_publish()
    print(owner, flush=True)
    os.waitpid(owner, 0)
    print("gone", flush=True)
"""


@pytest.fixture
def nursery(workspace):
    process = subprocess.Popen(
        [sys.executable, "-c", NURSERY, workspace.root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.stdin.close()
    assert process.wait(20) == 0, process.stderr.read()
    process.stdout.close()
    process.stderr.close()


def published(workspace):
    """Which snapshot is there."""
    return workspace.snapshot.stat().st_ino if workspace.snapshot.exists() else None


def test_rows_are_lines_after_any_number_of_kills(workspace, nursery):
    random_times = random.Random(0)
    written = 0
    workspace.make_folders()
    spools = [Spool(workspace.spool / f"worker-{number}.jsonl") for number in range(3)]
    for kill in range(KILLS):
        nursery.stdin.write("go\n")
        nursery.stdin.flush()
        owner = int(nursery.stdout.readline())
        before, end = published(workspace), time.monotonic() + random_times.uniform(0.03, 0.25)
        # Every third owner is given the time that it needs, on a busy machine too, to get something done.
        while time.monotonic() < end or (kill % 3 == 2 and published(workspace) == before):
            for number, spool in enumerate(spools):
                spool.append(
                    [
                        Metrics(f"run-{number}", [0], [written + step], {"x": [1.0]}, [1e9])
                        for step in range(9)
                    ]
                )
                written += 9
            time.sleep(0.002)
        os.kill(owner, signal.SIGKILL)
        assert nursery.stdout.readline() == "gone\n"
        if workspace.snapshot.exists():
            [(rows, distinct)] = query(
                workspace, "select count(*), count(distinct (run_id, step)) from metrics"
            ).rows
            assert rows == distinct
    for spool in spools:
        with spool:
            pass
    lines = [json.loads(line) for path in workspace.spool.iterdir() for line in path.read_text().splitlines()]
    assert len(lines) == written
    with closing(Store.open(workspace)) as store:
        [(committed,)] = rows_of(store, "select count(*) from metrics")
        assert committed > 0  # by the owners that were killed
        while store.ingest().lines:
            pass
        found = rows_of(store, "select run_id, step from metrics order by all")
    assert found == sorted((line["run_id"], *line["steps"]) for line in lines)
