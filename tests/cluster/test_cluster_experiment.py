"""A small experiment on a cluster whose nodes see nothing of the workspace: the numbers of one machine."""

import os
import subprocess
import sys

import duckdb
import pytest

from pft_tui.demo.layouts import write_corpora
from pft_tui.demo.scale import Scale

pytestmark = pytest.mark.slow
SMALL = Scale(
    iemocap=30,
    msp_improv=30,
    msp_podcast=40,
    mandarin_speakers=2,
    mandarin_texts=2,
    esd_train=4,
    esd_evaluation=2,
    esd_test=2,
    shortest=0.4,
    longest=0.6,
)
SETTINGS = """\
[encoder]
name = "random:tiny"
[prefinetune]
epochs = 2
learning_rate = 1e-3
[finetune]
epochs = 3
learning_rate = 1e-3
[grid]
prefinetune_on = ["iemocap"]
speakers = ["0001", "0011"]
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
PFT = (sys.executable, "-c", "from pft_tui.cli.main import main; main()")
NUMBERS = {
    "models": "select model_id, epochs, best_epoch, val_loss from models order by all",
    "trials": "select trial_id, status, epochs, best_epoch, val_macro_f1, accuracy, macro_f1, examples "
    "from trials order by all",
    "metrics": "select run_id, epoch, step, name, value from metrics where name != 'seconds' order by all",
}


def run(folder, corpora, more=""):
    """The numbers of the experiment, run in a workspace of its own."""
    folder.mkdir()
    roots = "".join(f'[corpora.{name}]\nroot = "{root}"\n' for name, root in corpora.items())
    (folder / "pft.toml").write_text(roots + SETTINGS + more)
    done = subprocess.run(
        [*PFT, "run"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=220,
    )
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
        hosts = "select count(distinct worker_id) from jobs where kind != 'prepare'"
        numbers = {what: connection.execute(sql).fetchall() for what, sql in NUMBERS.items()}
        return numbers, connection.execute(hosts).fetchone()[0]


def test_a_cluster_gives_the_numbers_of_one_machine(tmp_path, nodes):
    corpora = write_corpora(tmp_path / "corpora", seed=0, scale=SMALL)
    local, _ = run(tmp_path / "local", corpora)
    ray = f'executor = "ray"\naddress = "{nodes.address}"\n'
    remote, workers = run(tmp_path / "remote", corpora, ray)
    assert workers >= 2
    assert {row[1] for row in local["trials"]} == {"finished"}
    assert len(local["trials"]) > 8
    assert len(local["models"]) == 2
    assert remote == local
