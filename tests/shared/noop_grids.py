"""Grids of trials that compute nothing, waiting for what becomes of them, and looking at who runs."""

import sys
import time

import duckdb
import psutil

from pft_tui.daemon.client import ask
from pft_tui.daemon.handover import write_grid
from pft_tui.grid import Grid
from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, TrialSpec

PFT = (sys.executable, "-c", "from pft_tui.cli.main import main; main()")
SETTINGS = """\
[run]
devices = "cpu"
cpu_slots = 2
publish_seconds = 0.2
disk_floor = 0
attempts = 3
"""
ESD = CorpusRef("esd", "digest")


def noop_grid(trials, *, speakers=4, epochs=60, method="noop"):
    """So many trials, shared out evenly among speakers."""
    recipe = Recipe(epochs=epochs)
    return Grid(
        (),
        (),
        tuple(
            TrialSpec(
                model_id=None,
                method=method,
                protocol="paper",
                recipe=recipe,
                downstream=ESD,
                speaker=f"{number % speakers:04}",
                language="English",
                emotion="happy",
                k=2,
                trial=number // speakers,
                seed=0,
            )
            for number in range(trials)
        ),
    )


def enqueue(workspace, grid):
    """Hand a grid to the daemon."""
    return ask(workspace, "enqueue", token=write_grid(workspace, grid))


def wait_until(condition, seconds=120):
    """Wait for something to become true, however busy the machine is."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


def finished(workspace):
    """How many trials have finished, by the daemon's word."""
    return ask(workspace, "status")["trials"]["finished"]


def wait_done(workspace, seconds=180):
    """Wait until the daemon has nothing left to do; its status then."""
    wait_until(lambda: ask(workspace, "status")["done"], seconds)
    return ask(workspace, "status")


def processes(workspace, module):
    """The processes of a module of ours in a workspace."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if (process.info["cmdline"] or [])[1:4] == ["-m", module, str(workspace.root)]
    ]


def sql(workspace, statement):
    """What a stock DuckDB finds in the snapshot."""
    with duckdb.connect(str(workspace.snapshot), read_only=True) as connection:
        return connection.execute(statement).fetchall()
