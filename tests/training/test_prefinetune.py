from __future__ import annotations

import json
import math
import threading
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch
from hums import make_task, two_tasks
from prefinetuning import CPU, SETTINGS, run
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score, f1_score
from torch import nn
from transformers import AutoFeatureExtractor, AutoModel

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.load import load_encoder
from pft_tui.errors import AudioError, PftError, SpecError
from pft_tui.training import data
from pft_tui.training.data import Labelled
from pft_tui.training.heads import TaskHeads
from pft_tui.training.model_folder import is_complete
from pft_tui.training.multitask import Multitask
from pft_tui.training.prefetch import prefetched
from pft_tui.training.prefinetune import prefinetune


def test_the_loss_of_an_instance_is_its_cross_entropy_over_the_log_of_its_classes():
    heads = TaskHeads(5, {"esd": 2, "iemocap": 9, "mandarin_as": 5}, seed=3)
    pooled, tasks, labels = torch.randn(4, 5), torch.tensor([1, 0, 2, 1]), torch.tensor([8, 1, 4, 0])
    losses = heads.losses(pooled, tasks, labels)
    for row, (task, label) in enumerate(zip(tasks.tolist(), labels.tolist(), strict=True)):
        weight, bias = (value.detach().double().numpy() for value in heads.heads[task].parameters())
        logits = weight @ pooled[row].double().numpy() + bias
        by_hand = -math.log(np.exp(logits[label]) / np.exp(logits).sum()) / math.log(len(logits))
        assert losses[row].item() == pytest.approx(by_hand, rel=1e-5)


def test_an_instance_trains_its_own_head_alone():
    heads = TaskHeads(5, {"esd": 2, "iemocap": 9}, seed=3)
    heads.losses(torch.randn(3, 5), torch.tensor([0, 0, 0]), torch.tensor([1, 0, 1])).sum().backward()
    assert heads.heads[0].weight.grad.abs().sum() > 0
    assert heads.heads[1].weight.grad.abs().sum() == 0


def test_a_head_follows_from_its_seed_and_corpus_whatever_else_is_trained():
    alone, among = TaskHeads(5, {"esd": 3}, seed=1), TaskHeads(5, {"ab": 4, "esd": 3}, seed=1)
    assert torch.equal(alone.tensors()["esd.weight"], among.tensors()["esd.weight"])
    assert not torch.equal(
        alone.tensors()["esd.weight"], TaskHeads(5, {"esd": 3}, seed=2).tensors()["esd.weight"]
    )
    names = {"keys": 2, "forward": 2, "train": 2}  # names that a module has itself
    assert {name.split(".")[0] for name in TaskHeads(5, names, seed=0).tensors()} == set(names)


def test_a_mixed_batch_costs_each_instance_what_it_costs_alone():
    tasks = sorted(two_tasks(), key=lambda task: task.name)
    encoder = load_encoder("random:tiny")
    model = Multitask(encoder, tasks, SETTINGS, seed=0, device=CPU)
    members = [("iemocap", 3), ("esd", 0), ("iemocap", 20), ("esd", 7)]
    (batch,) = model.batches(members, 4)
    losses, numbers = model.losses(batch)
    assert numbers.tolist() == [1, 0, 1, 0]
    for loss, (name, index) in zip(losses.tolist(), members, strict=True):
        number = [task.name for task in tasks].index(name)
        split = tasks[number].train
        values = encoder.extractor(split.audio[index] / 32768, sampling_rate=16_000).input_values[0]
        pooled = encoder.model(torch.tensor(values)[None].float()).last_hidden_state.mean(1)
        logits = model.heads.heads[number](pooled)
        alone = nn.functional.cross_entropy(logits, torch.tensor([split.targets[index]]))
        assert loss == pytest.approx(alone.item() / math.log(len(tasks[number].labels)), rel=1e-4)


def test_the_batches_of_a_step_have_like_lengths_and_its_gradient_whatever_their_size():
    tasks = sorted(two_tasks(), key=lambda task: task.name)
    model = Multitask(load_encoder("random:tiny"), tasks, SETTINGS, seed=0, device=CPU).eval()
    members = [("iemocap", 3), ("esd", 0), ("iemocap", 20), ("esd", 7), ("esd", 1), ("iemocap", 9)]

    def gradient(size):
        model.zero_grad()
        batches = model.batches(members, size)
        for batch in batches:
            (model.losses(batch)[0].sum() / len(members)).backward()
        found = (parameter.grad for parameter in model.parameters())  # what masks has none in evaluation
        return batches, torch.cat([gradient.flatten() for gradient in found if gradient is not None])

    whole, expected = gradient(6)
    parts, found = gradient(2)
    assert [len(batch.tasks) for batch in parts] == [2, 2, 2]
    lengths = [length for batch in parts for length in batch.audio.known]
    assert lengths == sorted(whole[0].audio.known) != list(whole[0].audio.known)
    assert whole[0].tasks == [1, 0, 1, 0, 0, 1]  # one batch keeps its order
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_the_next_is_made_while_the_last_is_in_use():
    made = []

    def make(number):
        made.append((number, threading.get_ident()))
        if number == 4:
            raise ValueError("four")
        return number * 10

    with closing(prefetched(make, range(5))) as results:
        for number in range(4):
            assert next(results) == number * 10
        with pytest.raises(ValueError, match="four"):
            next(results)
    assert [number for number, _ in made] == [0, 1, 2, 3, 4]
    assert threading.get_ident() not in {thread for _, thread in made}
    assert list(prefetched(make, [])) == []


def test_no_more_than_one_is_made_ahead():
    made = []
    with closing(prefetched(made.append, range(100))) as results:
        for _ in range(3):
            next(results)
    assert made == [0, 1, 2, 3]


def test_the_folder_holds_the_best_encoder_and_heads(tmp_path):
    folder = tmp_path / "model"
    assert not is_complete(folder)
    result, rows = run(folder, SETTINGS.model_copy(update={"epochs": 30, "patience": 2}))
    losses = [values["val_loss"] for _, _, values in rows]
    assert result.val_loss == min(losses)
    assert result.best_epoch == 1 + losses.index(min(losses)) == result.epochs - 2
    assert [step for _, step, _ in rows] == [8 * epoch for epoch in range(1, result.epochs + 1)]

    assert is_complete(folder)
    assert not (folder / "checkpoint").exists()
    model, extractor = AutoModel.from_pretrained(folder).eval(), AutoFeatureExtractor.from_pretrained(folder)
    heads, labels = load_file(folder / "heads.safetensors"), json.loads((folder / "labels.json").read_text())
    task_losses = []
    for task in two_tasks():
        assert labels[task.name] == list(task.labels)
        inputs = [
            extractor(audio / 32768, sampling_rate=16_000).input_values[0] for audio in task.evaluation.audio
        ]
        with torch.no_grad():
            pooled = torch.cat(
                [model(torch.tensor(values)[None].float()).last_hidden_state.mean(1) for values in inputs]
            )
        logits = pooled @ heads[f"{task.name}.weight"].T + heads[f"{task.name}.bias"]
        truth = torch.tensor(task.evaluation.targets)
        loss = nn.functional.cross_entropy(logits, truth).item() / math.log(len(task.labels))
        best = rows[result.best_epoch - 1][2]
        assert best[f"val_loss/{task.name}"] == pytest.approx(loss, rel=1e-4)
        assert best[f"val_accuracy/{task.name}"] == pytest.approx(accuracy_score(truth, logits.argmax(1)))
        assert best[f"val_macro_f1/{task.name}"] == pytest.approx(
            f1_score(truth, logits.argmax(1), average="macro", zero_division=0)
        )
        task_losses.append(loss)
    assert result.val_loss == pytest.approx(np.mean(task_losses), rel=1e-4)


def test_training_losses_are_means_over_the_drawn_instances(tmp_path):
    _, rows = run(tmp_path / "model", SETTINGS.model_copy(update={"epochs": 1}))
    values = rows[0][2]
    counts = {"iemocap": 24, "esd": 8}
    by_corpus = {name: values[f"train_loss/{name}"] for name in counts}
    assert min(by_corpus.values()) < values["train_loss"] < max(by_corpus.values())
    assert values["learning_rate"] > 0
    assert values["seconds"] > 0


def test_a_whole_model_is_not_trained_again(tmp_path):
    folder = tmp_path / "model"
    result, _ = run(folder)
    again, rows = run(folder)
    assert again == result
    assert rows == []


def test_the_order_of_the_corpora_does_not_matter(tmp_path):
    result, _ = run(tmp_path / "one")
    reverse, _ = run(tmp_path / "other", tasks=two_tasks()[::-1])
    assert replace(reverse, seconds=0) == replace(result, seconds=0)
    assert (tmp_path / "one/model.safetensors").read_bytes() == (
        tmp_path / "other/model.safetensors"
    ).read_bytes()


def test_accumulated_batches_step_as_one_batch_does(tmp_path):
    _, rows = run(tmp_path / "one", SETTINGS.model_copy(update={"batch_size": 6}))
    _, accumulated = run(tmp_path / "other", SETTINGS.model_copy(update={"batch_size": 2, "accumulation": 3}))
    for (*at, values), (*place, others) in zip(rows, accumulated, strict=True):
        assert at == place
        assert values["train_loss"] == pytest.approx(others["train_loss"], rel=1e-3)
        assert values["val_loss"] == pytest.approx(others["val_loss"], rel=1e-3)


def test_a_large_encoder_takes_the_utterances_of_a_batch_alone_to_the_same_steps(tmp_path, monkeypatch):
    _, rows = run(tmp_path / "together")
    monkeypatch.setattr(data, "LARGE_WEIGHTS", 1)
    batches, convolve = set(), Encoder.features
    monkeypatch.setattr(
        Encoder, "features", lambda encoder, audio: batches.add(len(audio.known)) or convolve(encoder, audio)
    )
    _, alone = run(tmp_path / "alone")
    assert batches == {1}
    for (*at, values), (*place, others) in zip(rows, alone, strict=True):
        assert at == place
        assert values["train_loss"] == pytest.approx(others["train_loss"], rel=1e-3)
        assert values["val_loss"] == pytest.approx(others["val_loss"], rel=1e-3)


def test_a_frozen_cnn_stays_as_it_was(tmp_path):
    run(tmp_path / "model", SETTINGS.model_copy(update={"freeze_cnn": True, "epochs": 2}))
    before, after = (
        load_encoder("random:tiny").model.state_dict(),
        load_file(tmp_path / "model/model.safetensors"),
    )
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert moved
    assert not any("feature_extractor" in name for name in moved)


def test_training_that_diverges_says_so(tmp_path):
    with pytest.raises(PftError, match="diverged: no validation loss of 2 epochs is a number"):
        run(tmp_path / "model", SETTINGS.model_copy(update={"learning_rate": 1e30, "epochs": 2}))
    assert not is_complete(tmp_path / "model")


def test_corpora_that_make_no_task_are_named(tmp_path):
    task = make_task("iemocap", ["ang", "hap"])
    nothing = Labelled([], [])
    with pytest.raises(SpecError, match="corpus iemocap has 1 labels"):
        replace(task, labels=("ang",))
    with pytest.raises(SpecError, match="corpus iemocap has no utterances in its evaluation split"):
        replace(task, evaluation=nothing)
    with pytest.raises(SpecError, match="corpus iemocap has no utterances in its train split"):
        replace(task, train=nothing)
    with pytest.raises(SpecError, match="corpus iemocap: the targets of its train split"):
        replace(task, train=Labelled(task.train.audio, [2] * len(task.train.audio)))
    with pytest.raises(AudioError, match="utterance 0 of iemocap's evaluation split"):
        replace(task, evaluation=Labelled([np.zeros(0, np.int16)], [0]))
    with pytest.raises(SpecError, match="nothing to pre-finetune on"):
        prefinetune(
            load_encoder("random:tiny"),
            [],
            SETTINGS,
            seed=0,
            folder=tmp_path,
            device=CPU,
            report=lambda *_: None,
            should_stop=lambda: False,
        )


def test_bf16_learns_what_fp32_does_with_weights_and_losses_in_fp32(tmp_path):
    kinds = set()

    def note(module, _inputs, output):
        if isinstance(module, nn.Conv1d | nn.Linear):
            kinds.add((type(module), output.dtype))

    settings = SETTINGS.model_copy(update={"epochs": 6, "patience": 6, "learning_rate": 5e-4})
    _, expected = run(tmp_path / "fp32", settings)
    hook = nn.modules.module.register_module_forward_hook(note)
    try:
        _, rows = run(tmp_path / "bf16", settings.model_copy(update={"precision": "bf16"}))
    finally:
        hook.remove()
    assert {(nn.Conv1d, torch.bfloat16), (nn.Linear, torch.bfloat16)} <= kinds
    assert {value.dtype for value in load_file(tmp_path / "bf16/model.safetensors").values()} == {
        torch.float32
    }
    for (*_, values), (*_, others) in zip(rows, expected, strict=True):
        assert values["train_loss"] != others["train_loss"]
        assert values["train_loss"] == pytest.approx(others["train_loss"], rel=0.02)
        assert values["val_loss"] == pytest.approx(others["val_loss"], rel=0.02)
