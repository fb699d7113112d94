from __future__ import annotations

import pytest
import torch
from hums import make_trial, two_tasks
from joint_training import run_with
from prefinetuning import SETTINGS

from pft_tui.encoders.load import load_encoder
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.prefinetune import prefinetune

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
TRIAL = make_trial("Happy", k=14, epochs=4)


def curve(speaker, device, trial, deterministic=False):
    rows = []
    trainer = FewShotTrainer(
        load_encoder("random:tiny"), speaker, device=torch.device(device), deterministic=deterministic
    )
    outcome = trainer.run(trial, lambda _epoch, _step, values: rows.append(dict(values)), lambda: False)
    return rows, outcome


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"freeze_cnn": True},
        {"padding": "split"},
        {"adapt": "head", "freeze_cnn": True},
        {"adapt": "lora", "freeze_cnn": True},
    ],
)
def test_a_gpu_trains_as_a_cpu_does(speaker, recipe):
    trial = make_trial("Happy", k=14, epochs=4, **recipe)
    rows, outcome = curve(speaker, "cuda", trial)
    expected, other = curve(speaker, "cpu", trial)
    assert outcome.examples == other.examples
    assert [row["train_loss"] for row in rows] == pytest.approx(
        [row["train_loss"] for row in expected], rel=0.02
    )


def test_deterministic_kernels_give_the_same_bits_again(speaker, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    first, _ = curve(speaker, "cuda", TRIAL, deterministic=True)
    again, _ = curve(speaker, "cuda", TRIAL, deterministic=True)
    assert first == again


def test_a_trial_alone_is_the_same_trial_among_others_on_a_gpu(speaker, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    packed = FewShotTrainer(
        load_encoder("random:tiny"), speaker, device=torch.device("cuda"), deterministic=True
    )
    for other in (make_trial("Sad", k=6, epochs=2), make_trial("Angry", k=4, epochs=2, freeze_cnn=True)):
        packed.run(other, lambda *_: None, lambda: False)
    rows = []
    packed.run(TRIAL, lambda _epoch, _step, values: rows.append(dict(values)), lambda: False)
    assert rows == curve(speaker, "cuda", TRIAL, deterministic=True)[0]


def test_bf16_is_what_auto_means_on_a_gpu_that_has_it(speaker):
    auto, _ = curve(speaker, "cuda", make_trial("Happy", k=14, epochs=2, precision="auto"))
    bf16, _ = curve(speaker, "cuda", make_trial("Happy", k=14, epochs=2, precision="bf16"))
    assert auto[0]["train_loss"] == pytest.approx(bf16[0]["train_loss"], rel=1e-3)


def test_pre_finetuning_on_a_gpu_goes_on_from_its_checkpoint(tmp_path):
    def run(folder, steps):
        left, rows = iter(range(steps)), []
        result = prefinetune(
            load_encoder("random:tiny"),
            two_tasks(),
            SETTINGS,
            seed=0,
            folder=folder,
            device=torch.device("cuda"),
            report=lambda epoch, _step, values: rows.append((epoch, values["val_loss"])),
            should_stop=lambda: next(left, None) is None,
        )
        return result, rows

    whole, expected = run(tmp_path / "whole", 1000)
    stopped, begun = run(tmp_path / "stopped", 10)
    assert stopped is None
    result, ended = run(tmp_path / "stopped", 1000)
    assert result.epochs == whole.epochs
    assert [epoch for epoch, _ in begun + ended] == [epoch for epoch, _ in expected]
    assert [loss for _, loss in begun + ended] == pytest.approx([loss for _, loss in expected], rel=0.05)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one CUDA device")
def test_two_gpus_train_the_model_of_one(tmp_path, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    settings = SETTINGS.model_copy(update={"batch_size": 7, "learning_rate": 5e-4})
    one, expected = run_with(1, tmp_path / "one", settings, devices=["cuda:0"])
    two, rows = run_with(2, tmp_path / "two", settings, devices=["cuda:0", "cuda:1"])
    assert (two.epochs, two.best_epoch) == (one.epochs, one.best_epoch)
    for name in ("train_loss", "val_loss"):
        found, wanted = ([values[name] for *_, values in each] for each in (rows, expected))
        assert found == pytest.approx(wanted, rel=0.01)
