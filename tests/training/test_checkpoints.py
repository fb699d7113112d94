"""A pre-finetuning that is interrupted in any way ends as if it had not been."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from prefinetuning import SETTINGS, run
from safetensors import safe_open

from pft_tui.errors import CheckpointError
from pft_tui.training.checkpoint import CHECKPOINT
from pft_tui.training.model_folder import is_complete

LONG = SETTINGS.model_copy(update={"epochs": 5, "patience": 5})
WITHOUT_SECONDS = ("model.safetensors", "heads.safetensors", "config.json", "labels.json")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted") / "model"
    result, rows = run(folder, LONG)
    return folder, replace(result, seconds=0), curves(rows)


def epochs_done(folder):
    with safe_open(folder / CHECKPOINT, framework="pt") as file:
        return json.loads(file.metadata()["progress"])["epoch"]


def curves(rows):
    return [(epoch, step, {**values, "seconds": 0}) for epoch, step, values in rows]


def assert_as_uninterrupted(folder, result, uninterrupted):
    expected_folder, expected, _ = uninterrupted
    assert replace(result, seconds=0) == expected
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        path.name for path in expected_folder.iterdir()
    )
    for name in WITHOUT_SECONDS:
        assert (folder / name).read_bytes() == (expected_folder / name).read_bytes()


def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path, uninterrupted):
    folder, rows, result, attempts = tmp_path / "model", [], None, 0
    while result is None:
        steps = iter(range(13))  # one epoch of 8 steps, and some of the next
        result, more = run(folder, LONG, should_stop=lambda steps=steps: next(steps, None) is None)
        rows += more
        attempts += 1
        assert is_complete(folder) == (result is not None)
        assert result or epochs_done(folder) == rows[-1][0]
    assert attempts == LONG.epochs
    assert_as_uninterrupted(folder, result, uninterrupted)
    assert curves(rows) == uninterrupted[2]


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_checkpoints import LONG
from hums import two_tasks
from prefinetuning import CPU
from pft_tui.encoders.load import load_encoder
from pft_tui.training.prefinetune import prefinetune
prefinetune(load_encoder("random:tiny"), two_tasks(), LONG, seed=0, folder=Path({folder!r}), device=CPU,
            report=lambda epoch, *_: print(epoch, flush=True), should_stop=lambda: False, deterministic=True)
"""


def test_a_run_that_was_killed_goes_on_bit_for_bit(tmp_path, uninterrupted):
    folder = tmp_path / "model"
    program = PROGRAM.format(tests=str(Path(__file__).parent), folder=str(folder))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line == "3\n":
                os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not is_complete(folder)
    done = epochs_done(folder)
    assert 2 <= done < LONG.epochs
    result, rows = run(folder, LONG)
    assert [epoch for epoch, _, _ in rows] == list(range(done + 1, LONG.epochs + 1))
    assert_as_uninterrupted(folder, result, uninterrupted)


class Killed(BaseException):
    """Stands for a death at a moment of the test's choosing."""


@pytest.mark.parametrize("moment", [0, 1, 4, 8, 10, 11, 12])
def test_a_death_while_files_are_written_leaves_a_whole_checkpoint_or_model(
    stopped, uninterrupted, monkeypatch, moment
):
    folder, fsync, left = stopped, os.fsync, iter(range(moment))

    def die_at_the_moment(handle):
        if next(left, None) is None:
            raise Killed
        fsync(handle)

    monkeypatch.setattr(os, "fsync", die_at_the_moment)
    with pytest.raises(Killed):
        run(folder, LONG)
    monkeypatch.undo()
    result, _ = run(folder, LONG)
    assert_as_uninterrupted(folder, result, uninterrupted)


@pytest.fixture
def stopped(tmp_path):
    steps = iter(range(30))  # three of the five epochs
    run(tmp_path / "model", LONG, should_stop=lambda: next(steps, None) is None)
    return tmp_path / "model"


def test_a_truncated_checkpoint_is_named(stopped):
    path = stopped / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match=r"state.safetensors is damaged \(delete its folder"):
        run(stopped, LONG)


@pytest.mark.parametrize("place", [4, 60, 700, -5])
def test_a_changed_byte_is_noticed(stopped, place):
    path = stopped / CHECKPOINT
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        run(stopped, LONG)


@pytest.mark.parametrize("content", [b"", b"not safetensors at all" * 10])
def test_a_file_of_something_else_is_noticed(stopped, content):
    (stopped / CHECKPOINT).write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        run(stopped, LONG)


def test_a_checkpoint_or_model_of_another_run_is_not_taken_up(stopped, uninterrupted):
    other = LONG.model_copy(update={"learning_rate": 1e-3})
    for folder in (stopped, uninterrupted[0]):
        with pytest.raises(CheckpointError, match="other settings"):
            run(folder, other)
        with pytest.raises(CheckpointError, match="other settings"):
            run(folder, LONG, seed=1)


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "training.json").write_text('{"run": ')
    with pytest.raises(CheckpointError, match=r"training.json is damaged"):
        run(tmp_path, LONG)


def test_a_full_disk_is_an_error_with_a_remedy_and_spoils_nothing(stopped, uninterrupted):
    before = (stopped / CHECKPOINT).read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(CheckpointError, match=r"cannot be written.*make room"):
            run(stopped, LONG)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (stopped / CHECKPOINT).read_bytes() == before
    result, _ = run(stopped, LONG)
    assert_as_uninterrupted(stopped, result, uninterrupted)


def test_the_process_generator_plays_no_part(tmp_path, uninterrupted):
    torch.manual_seed(123)
    result, _ = run(tmp_path / "model", LONG)
    assert_as_uninterrupted(tmp_path / "model", result, uninterrupted)
