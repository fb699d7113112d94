"""Several processes train one model, and it is the model that one process trains."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from accidents import join_in
from hums import two_tasks
from joint_training import CPU, epochs_done, run_with
from prefinetuning import SETTINGS
from safetensors.torch import load_file

from pft_tui.encoders.load import load_encoder
from pft_tui.errors import AudioError
from pft_tui.training.multitask import Multitask
from pft_tui.training.ranks import ALONE, Ranks
from pft_tui.training.together import RankError

# 32 utterances in steps of 7: the last step has 4, and the shares of two ranks are mostly unlike.
SHORT = SETTINGS.model_copy(update={"batch_size": 7, "epochs": 1})
LONG = SHORT.model_copy(update={"epochs": 20, "patience": 2, "learning_rate": 5e-4})


def weights(folder):
    """Those of encoder and heads but the biases of keys: Adam makes steps of their rounding errors."""
    found = {**load_file(folder / "model.safetensors"), **load_file(folder / "heads.safetensors")}
    return torch.cat([value.flatten() for name, value in sorted(found.items()) if "k_proj.bias" not in name])


def distance(one, other):
    """How far weights are from each other, relative to their size."""
    return torch.linalg.vector_norm(one - other) / torch.linalg.vector_norm(one)


def alike(rows, expected):
    """Whether the same was reported, up to rounding, but for the time it took."""
    assert [row[:2] for row in rows] == [row[:2] for row in expected]
    for (*_, values), (*_, others) in zip(rows, expected, strict=True):
        assert {**values, "seconds": 0} == pytest.approx({**others, "seconds": 0}, rel=1e-3, abs=1e-6)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone") / "model"
    return folder, *run_with(1, folder, LONG)


def test_the_shares_of_all_ranks_are_everything_once():
    items = list(range(11))
    shares = [Ranks(rank, 4).share(items) for rank in range(4)]
    assert sorted(item for share in shares for item in share) == items
    assert [len(share) for share in shares] == [3, 3, 3, 2]
    assert ALONE.share(items) == items


@pytest.mark.parametrize("size", [2, 3, 7])
def test_gradients_and_validation_of_all_ranks_add_up_to_those_of_one(size):
    """Also where ranks have no share, and where a head is used by one of them alone."""
    tasks = sorted(two_tasks(), key=lambda task: task.name)
    members = [("iemocap", 3), ("esd", 0), ("iemocap", 20), ("iemocap", 7), ("iemocap", 1)]

    def contribution(ranks):
        model = Multitask(load_encoder("random:tiny"), tasks, SETTINGS, seed=0, device=CPU, ranks=ranks)
        model.train()
        for batch in model.batches(members, 2):
            (model.losses(batch)[0].sum() / len(members)).backward()
        gradients = [
            torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            for parameter in model.parameters()
        ]
        return torch.cat([gradient.flatten() for gradient in gradients]), model.validate()

    gradient, counted = contribution(ALONE)
    parts = [contribution(Ranks(rank, size)) for rank in range(size)]
    assert torch.allclose(sum(part for part, _ in parts), gradient, rtol=1e-3, atol=1e-6)
    assert torch.allclose(sum(part for _, part in parts), counted, rtol=1e-5)
    assert counted[1:].sum() > 0


def test_two_ranks_step_to_the_weights_of_one(tmp_path):
    for size in (1, 2):
        run_with(size, tmp_path / f"{size}", SHORT)
    assert distance(weights(tmp_path / "1"), weights(tmp_path / "2")) < 1e-5


@pytest.mark.slow
def test_two_ranks_train_the_model_of_one(tmp_path, alone):
    folder, expected, expected_rows = alone
    result, rows = run_with(2, tmp_path / "model", LONG)
    alike(rows, expected_rows)
    assert (result.epochs, result.best_epoch) == (expected.epochs, expected.best_epoch)
    assert 5 < result.epochs < LONG.epochs
    assert distance(weights(folder), weights(tmp_path / "model")) < 1e-3
    written = [sorted(path.name for path in place.iterdir()) for place in (folder, tmp_path / "model")]
    assert written[0] == written[1]


@pytest.mark.slow
def test_one_rank_goes_on_where_two_stopped_and_the_other_way_round(tmp_path, alone):
    folder, expected, expected_rows = alone
    place, rows = tmp_path / "model", []
    for size in (1, 2, 1):
        done = epochs_done(place)
        result, more = run_with(size, place, LONG, stop_after=done + 1)
        assert result is None
        rows += [row for row in more if row[0] <= epochs_done(place)]
    result, more = run_with(2, place, LONG)
    alike(rows + more, expected_rows)
    assert (result.epochs, result.best_epoch) == (expected.epochs, expected.best_epoch)
    assert distance(weights(folder), weights(place)) < 1e-3


@pytest.mark.slow
def test_with_dropout_it_is_the_same_run_again_whatever_interrupts_it(tmp_path):
    settings = SHORT.model_copy(update={"epochs": 4})
    first, _ = run_with(2, tmp_path / "first", settings, dropout=0.2)
    stopped, _ = run_with(2, tmp_path / "again", settings, dropout=0.2, stop_after=2)
    assert stopped is None
    again, _ = run_with(2, tmp_path / "again", settings, dropout=0.2)
    assert replace(again, seconds=0) == replace(first, seconds=0)
    for name in ("model.safetensors", "heads.safetensors"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    dropped = [json.loads((tmp_path / f"dropped-{rank}-of-2").read_text()) for rank in (0, 1)]
    assert dropped[0] != dropped[1]


@pytest.mark.parametrize(
    ("accident", "victim", "error", "words"),
    [
        ("killed", 0, RankError, "rank 0 of 2, on cpu, was killed by SIGKILL"),
        ("killed", 1, RankError, "rank 1 of 2, on cpu, was killed by SIGKILL"),
        ("bad audio", 1, AudioError, r"utterance 7 is empty \(leave it out\)"),
        ("unpicklable", 0, RuntimeError, "UnpicklableError: no way 3"),
    ],
)
def test_what_happens_to_one_rank_ends_all(accident, victim, error, words):
    pids = []
    with pytest.raises(error, match=words):
        join_in(accident, victim, pids)
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_stop_ends_all_ranks_at_once_whatever_they_wait_for():
    pids = []
    assert join_in("pause", 0, pids, should_stop=lambda: len(pids) == 2) is None
    assert not any(psutil.pid_exists(pid) for pid in pids)


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from accidents import join_in

class Heard(list):
    def append(self, pid):
        print(pid, flush=True)

if __name__ == "__main__":
    join_in("pause", 1, Heard())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_rank_outlives_who_started_it(tmp_path, number):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(tests=str(Path(__file__).parent)))
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as process:
        pids = [int(process.stdout.readline()) for _ in range(2)]
        assert all(psutil.pid_exists(pid) for pid in pids)
        os.kill(process.pid, number)
    deadline = time.monotonic() + 20
    while any(psutil.pid_exists(pid) for pid in pids):
        assert time.monotonic() < deadline, "a rank is still there"
        time.sleep(0.05)


UNDER_TORCHRUN = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from torch import distributed
from joint_training import CPU, train
from test_ranks import SHORT
from pft_tui.training.ranks import Ranks

distributed.init_process_group("gloo")
ranks = Ranks(distributed.get_rank(), distributed.get_world_size())
train(Path({folder!r}), SHORT, 0.0, ranks, CPU, lambda *_: None)
distributed.destroy_process_group()
"""


def test_torchrun_may_start_the_ranks(tmp_path):
    program, folder = tmp_path / "program.py", tmp_path / "model"
    program.write_text(UNDER_TORCHRUN.format(tests=str(Path(__file__).parent), folder=str(folder)))
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*torchrun, program], check=True, timeout=200, capture_output=True)
    run_with(2, tmp_path / "ours", SHORT)
    for name in ("model.safetensors", "heads.safetensors"):
        assert (folder / name).read_bytes() == (tmp_path / "ours" / name).read_bytes()
