"""A bundle for which there is no memory says so before its first trial."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psutil
import pytest
import torch
from hums import make_trial

from pft_tui.encoders.load import load_encoder
from pft_tui.errors import DeviceError
from pft_tui.paths import Workspace
from pft_tui.store.actions import OUT_OF_MEMORY
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.memory import Memory
from pft_tui.units import GIB
from pft_tui.worker.machine import MachineMemory, machine_memory
from pft_tui.worker.memory import memory_claimed, memory_there

CPU = torch.device("cpu")


@pytest.fixture
def workspace(tmp_path):
    place = Workspace(tmp_path)
    place.make_folders()
    return place


def gib(weights, passes=0.0, inputs=0.0):
    return Memory(*(round(part * GIB / 1.15) for part in (weights, passes, inputs)))


def claim(workspace, needed, *, total=16.0, free=10.0):
    return memory_claimed(workspace, gib(needed), CPU, MachineMemory(round(total * GIB), round(free * GIB)))


def test_a_machine_that_is_too_small_is_said_to_be(workspace):
    with pytest.raises(DeviceError) as raised, claim(workspace, 20):
        pass
    assert "these trials need 20.00 GiB of memory on cpu (weights 17.39" in raised.value.message
    assert "it has 16.00 in all" in raised.value.message
    assert "'frozen-cnn' or 'head'" in raised.value.hint
    assert "finetune.crop_seconds" in raised.value.hint


def test_memory_that_others_hold_closes_a_slot(workspace):
    with pytest.raises(RuntimeError) as raised, claim(workspace, 11):
        pass
    assert type(raised.value).__name__ == OUT_OF_MEMORY  # by which the scheduler knows what to do
    assert "need 11.00 GiB" in str(raised.value)
    assert "10.00 are free (lower run.cpu_slots" in str(raised.value)


def test_what_other_workers_have_claimed_and_do_not_use_yet_is_not_free(workspace):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        started = psutil.Process(other.pid).create_time()
        workspace.claims.mkdir()
        theirs = workspace.claims / str(other.pid)
        theirs.write_text(json.dumps([7 * GIB, started]))
        with claim(workspace, 2.9):
            assert (workspace.claims / str(os.getpid())).exists()
        assert not (workspace.claims / str(os.getpid())).exists()
        with pytest.raises(torch.OutOfMemoryError, match=r"need 3\.10 GiB"), claim(workspace, 3.1):
            pass
        other.communicate(b"\n")
    with claim(workspace, 9.9):  # whoever has ended claims nothing
        assert not theirs.exists()


def test_a_claim_is_not_that_of_a_later_process_with_the_same_pid(workspace):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        workspace.claims.mkdir()
        (workspace.claims / str(other.pid)).write_text(json.dumps([7 * GIB, 1.0]))
        with claim(workspace, 9.9):
            pass
        other.communicate(b"\n")


@pytest.mark.parametrize(
    ("line", "folder", "names", "idle"),
    [
        ("0::/job/step", "job", ("memory.max", "memory.current"), "inactive_file 1000"),
        (
            "4:memory:/job/step",
            "memory/job",
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
            "inactive_file 5\ntotal_inactive_file 1000",
        ),
    ],
)
def test_the_limit_of_a_control_group_counts(tmp_path, line, folder, names, idle):
    membership, group = tmp_path / "cgroup", tmp_path / "groups" / folder
    membership.write_text(f"3:cpuset:/\n{line}\n")
    (group / "step").mkdir(parents=True)
    for name, value in zip(names, ("1000000", "400000"), strict=True):
        (group / name).write_text(value)
    (group / "memory.stat").write_text(f"cache 3\n{idle}\n")
    for name, value in zip(names, ("max", "300000"), strict=True):
        (group / "step" / name).write_text(value)
    assert machine_memory(tmp_path / "groups", membership) == MachineMemory(1_000_000, 601_000)
    (group / names[0]).write_text(str(1 << 62))
    found = machine_memory(tmp_path / "groups", membership)
    assert found.total == psutil.virtual_memory().total


def test_a_bundle_needs_what_its_most_demanding_trial_needs(speaker):
    trainer = FewShotTrainer(load_encoder("random:tiny"), speaker, device=CPU)
    small, large = make_trial("Sad", k=2), make_trial("Sad", k=20)
    frozen = make_trial("Sad", k=20, freeze_cnn=True)
    needs = trainer.memory([small, frozen, large]).total
    assert needs == trainer.memory([large]).total > trainer.memory([frozen]).total
    assert trainer.memory([large]).total > trainer.memory([small]).total
    assert memory_there(CPU).total <= psutil.virtual_memory().total
