"""A small experiment on a cluster whose nodes see nothing of the workspace: the numbers of one machine."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest
from noop_grids import PFT, sql, wait_until
from small_workspaces import SMALL, make_workspace

from pft_tui.demo.layouts import write_corpora
from pft_tui.paths import CHECKPOINT, Workspace

pytestmark = pytest.mark.slow
OCCUPANT = Path(__file__).with_name("occupant.py")
SETTINGS = """\
[encoder]
name = "random:tiny"
[prefinetune]
epochs = 4
patience = 4
learning_rate = 1e-3
[finetune]
epochs = 3
learning_rate = 1e-3
[grid]
prefinetune_on = ["iemocap"]
speakers = ["0001"]
emotions = ["happy"]
shots = [2]
trials = 2
baselines = ["constant"]
[run]
devices = "cpu"
cpu_slots = 2
threads = 1
deterministic = true
"""
ON_RAY = """\
executor = "ray"
address = "{address}"
cluster_slots = 2
publish_seconds = 0.2
"""
NUMBERS = {
    "models": "select model_id, epochs, best_epoch, val_loss from models order by all",
    "trials": "select trial_id, status, epochs, best_epoch, val_macro_f1, accuracy, macro_f1, examples "
    "from trials order by all",
    "metrics": "select run_id, epoch, step, name, value from metrics where name != 'seconds' order by all",
}


def pft(workspace, *arguments):
    """Run `pft ARGUMENTS` to its end, which must be a good one."""
    done = subprocess.run([*PFT, *arguments], cwd=workspace.root, capture_output=True, text=True, timeout=220)
    assert done.returncode == 0, done.stderr


def numbers(workspace):
    """What came out of the experiment."""
    return {what: sql(workspace, statement) for what, statement in NUMBERS.items()}


@contextmanager
def occupied(nodes, name):
    """The only CPU of a node is taken."""
    with subprocess.Popen(
        [sys.executable, str(OCCUPANT), nodes.address, name], stdin=PIPE, stdout=PIPE, text=True
    ) as occupant:
        assert occupant.stdout.readline() == "taken\n"
        yield
        occupant.stdin.close()


@pytest.mark.timeout(600)
def test_a_cluster_that_loses_a_node_gives_the_numbers_of_one_machine(tmp_path, nodes):
    corpora = write_corpora(tmp_path / "corpora", seed=0, scale=SMALL)
    here = Workspace(make_workspace(tmp_path / "here", corpora, SETTINGS))
    pft(here, "run")

    there = Workspace(
        make_workspace(tmp_path / "there", corpora, SETTINGS + ON_RAY.format(address=nodes.address))
    )
    with occupied(nodes, "head"):
        pft(there, "queue")
        wait_until(lambda: list(there.models.glob(f"*/{CHECKPOINT}")), 120)
        lost = time.time()
        nodes.kill("other")
    nodes.start("other")
    pft(there, "wait")
    pft(there, "down")

    local, remote = numbers(here), numbers(there)
    assert {row[1] for row in local["trials"]} == {"finished"}
    assert len(local["trials"]) > 4
    assert len(local["models"]) == 2
    assert remote == local
    # Of the corpus of many speakers that the trials are on, nodes were sent the one whose trials they are.
    copies = [path.stat() for path in nodes.temporary_files("pft-*/audio/esd/audio.i16")]
    assert copies
    assert all(0 < 512 * copy.st_blocks < copy.st_size / 2 for copy in copies)
    # The model was gone on with, on a node that had seen nothing of it: its first epoch is from before.
    epochs = """select epoch(min("at")), epoch(max("at")) from metrics where name = 'val_loss'"""
    [(first, last)] = sql(there, epochs)
    assert first < lost < last
    assert sql(there, "select count(*) from events where kind = 'worker_lost'") == [(1,)]
