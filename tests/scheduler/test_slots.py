"""The slots of this machine, and how many of their devices a model may ask for."""

from pathlib import Path

import pytest

from pft_tui.errors import DeviceError
from pft_tui.paths import Workspace
from pft_tui.scheduler.cluster import ClusterExecutor
from pft_tui.scheduler.cluster_slots import ClusterError
from pft_tui.scheduler.slots import Slot, slots_of
from pft_tui.settings.model import RunSettings


def test_a_model_may_have_every_slot_of_a_cpu_but_no_more() -> None:
    settings = RunSettings(devices="cpu", cpu_slots=3, devices_per_model=3)
    assert len(slots_of(settings)) == 3
    words = (
        r"devices_per_model asks for 4 devices, but the run has 3 \(each a slot without a GPU\) \(set it to 3"
    )
    with pytest.raises(DeviceError, match=words):
        slots_of(settings.model_copy(update={"devices_per_model": 4}))


def test_slots_that_share_a_gpu_are_one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    settings = RunSettings(devices="auto", slots_per_gpu=2, devices_per_model=2)
    assert [slot.own_device for slot in slots_of(settings)] == ["cuda:0", "cuda:0", "cuda:1", "cuda:1"]
    with pytest.raises(DeviceError, match=r"asks for 3 devices, but the run has 2 \(each a GPU\)"):
        slots_of(settings.model_copy(update={"devices_per_model": 3}))
    assert Slot(0, "cpu", 1).own_device != Slot(1, "cpu", 1).own_device


def test_a_cluster_trains_each_model_on_one_device(tmp_path: Path) -> None:
    settings = RunSettings(executor="ray", devices_per_model=2)
    with pytest.raises(ClusterError, match=r"is for the devices of this machine \(set it to 1"):
        ClusterExecutor(Workspace(tmp_path), settings)
