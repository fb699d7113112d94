"""Low-rank adapters: what learns, what stays, and that the steps are peft's own."""

from __future__ import annotations

import sys

import peft
import pytest
import torch
from hums import make_trial
from peft.tuners.lora import LoraLayer
from torch import nn
from transformers import get_linear_schedule_with_warmup

from pft_tui.encoders.load import load_encoder
from pft_tui.errors import SpecError
from pft_tui.protocols import Recipe
from pft_tui.training.adaptation import Start, adapted
from pft_tui.training.draws import shuffled
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.trial import Problem, cell_of, fit
from pft_tui.training.weights import FlatWeights

CPU = torch.device("cpu")
LORA = {"adapt": "lora", "freeze_cnn": True, "learning_rate": 3e-3}
TRIAL = make_trial("Happy", k=6, epochs=3, patience=3, warmup=0.0, **LORA)


def run(trainer, trial):
    rows = []
    outcome = trainer.run(trial, lambda epoch, step, values: rows.append(dict(values)), lambda: False)
    return rows, {name: getattr(outcome, name) for name in outcome.__slots__ if name != "seconds"}


def learned_in(module):
    return {name: value for name, value in module.named_parameters() if value.requires_grad}


def plain(name):
    """A parameter's name in a model without peft's wrappers."""
    return name.replace(".base_layer", "").removeprefix("encoder.")


@pytest.mark.parametrize("name", ["random:tiny", "random:wavlm-tiny", "random:data2vec-tiny"])
def test_only_the_adapters_and_the_head_learn(speaker, name):
    encoder = load_encoder(name)
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    trainer = FewShotTrainer(encoder, speaker, device=CPU)
    run(trainer, TRIAL)
    width = encoder.hidden_size
    learned = learned_in(trainer.classifier)
    adapters = encoder.layers * 2 * 8 * (width + width)  # queries and values, rank 8, A and B
    assert sum(value.numel() for value in learned.values()) == adapters + 2 * width + 2
    assert all("lora_" in key or key.startswith("head.") for key in learned)
    assert all(value.abs().max() > 0 for key, value in learned.items() if "lora_B" in key)
    state = {plain(key): value for key, value in trainer.classifier.state_dict().items()}
    assert all(torch.equal(state[key], value) for key, value in before.items())
    assert all(torch.equal(value, before[key]) for key, value in encoder.state_dict().items())


def test_adapters_start_as_peft_starts_them(speaker):
    ready = adapted(Start(load_encoder("random:tiny"), speaker, TRIAL.recipe, 2, CPU))
    layers = [module for module in ready.model.modules() if isinstance(module, LoraLayer)]
    torch.manual_seed(4)
    ready.renew()
    ours = [layer.lora_A["default"].weight.clone() for layer in layers]
    torch.manual_seed(4)
    for layer, first in zip(layers, ours, strict=True):
        layer.reset_lora_parameters("default", init_lora_weights=True)
        assert torch.equal(layer.lora_A["default"].weight, first)
        assert layer.lora_B["default"].weight.abs().max() == 0
    assert len({tuple(first.flatten().tolist()) for first in ours}) == len(layers) == 4


def flat(parameters):
    return torch.cat([parameter.detach().flatten() for parameter in parameters])


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_steps_are_those_of_pefts_own_model_with_a_plain_optimiser(speaker):
    ready = adapted(Start(load_encoder("random:tiny"), speaker, TRIAL.recipe, 2, CPU))
    torch.manual_seed(3)
    ready.renew()
    drawn = speaker.draw(TRIAL)
    labels = torch.tensor(speaker.targets(speaker.train, TRIAL.emotion))[drawn]
    targets = torch.tensor(speaker.targets(speaker.evaluation, TRIAL.emotion))
    evaluation = [(batch, targets[list(at)]) for at, batch in ready.evaluation]

    encoder, head = load_encoder("random:tiny"), nn.Linear(*ready.model.head.weight.shape[::-1])
    config = peft.LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"])
    theirs = peft.get_peft_model(encoder.model, config)
    ours = learned_in(ready.model)
    adapters = {
        f"base_model.model.{key.removeprefix('encoder.model.')}": ours[key] for key in list(ours)[:-2]
    }
    assert list(adapters) == list(learned_in(theirs))
    theirs.load_state_dict(adapters, strict=False)
    head.load_state_dict(ready.model.head.state_dict())
    parameters = [*learned_in(theirs).values(), *head.parameters()]

    before_steps = []
    fit(
        ready.model,
        FlatWeights(ready.model),
        Problem(2, ready.picker(drawn), labels, evaluation, evaluation),
        TRIAL.recipe,
        cell_of(TRIAL),
        lambda *_: None,
        lambda: before_steps.append(flat(learned_in(ready.model).values())),
    )

    optimiser = torch.optim.AdamW(parameters, lr=TRIAL.recipe.learning_rate, weight_decay=0.0)
    schedule = get_linear_schedule_with_warmup(optimiser, 0, 2 * TRIAL.recipe.epochs)
    theirs.train()
    start = flat(parameters)
    assert torch.equal(before_steps[0], start)
    for step, expected in enumerate(before_steps[1:]):
        order = shuffled(TRIAL.k, *cell_of(TRIAL), 1 + step // 2)
        group = order[4:] if step % 2 else order[:4]
        optimiser.zero_grad()
        for place in group:
            samples = speaker.train.audio[drawn[place]] / 32768
            values = encoder.extractor(samples, sampling_rate=16_000).input_values[0]
            logits = head(theirs(torch.tensor(values)[None].float()).last_hidden_state.mean(1))
            (nn.functional.cross_entropy(logits, labels[place, None]) / len(group)).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        theirs_now = flat(parameters)
        gone = torch.linalg.vector_norm(theirs_now - start)
        assert torch.linalg.vector_norm(theirs_now - expected) < 1e-3 * gone
    assert len(before_steps) >= 4


def test_a_trial_alone_is_the_same_trial_in_a_bundle_bit_for_bit(speaker):
    trials = [
        make_trial("Sad", k=2, epochs=2, **LORA),
        make_trial("Angry", k=4, epochs=2, adapt="head"),
        make_trial("Happy", k=4, epochs=2),
        make_trial("Happy", k=4, epochs=2, trial=1, **LORA),
    ]
    packed = FewShotTrainer(load_encoder("random:tiny"), speaker, device=CPU, deterministic=True)
    together = [run(packed, trial) for trial in trials]
    again = [run(packed, trial) for trial in reversed(trials)][::-1]
    alone = run(
        FewShotTrainer(load_encoder("random:tiny"), speaker, device=CPU, deterministic=True), trials[3]
    )
    assert together == again
    assert together[3] == alone


def test_a_missing_peft_names_the_extra(speaker, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(SpecError, match=r"pft-tui\[lora\]"):
        adapted(Start(load_encoder("random:tiny"), speaker, Recipe(adapt="lora"), 2, CPU))
