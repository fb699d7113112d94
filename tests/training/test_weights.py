from __future__ import annotations

import pytest
import torch
from torch import nn
from transformers import get_linear_schedule_with_warmup

from pft_tui.training.weights import FlatWeights, Optimiser, linear_rate


@pytest.mark.parametrize(("warmup", "total"), [(0, 10), (1, 10), (3, 30), (10, 10), (0, 1)])
def test_the_rate_is_that_of_transformers_schedule(warmup, total):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule = get_linear_schedule_with_warmup(optimiser, warmup, total)
    for step in range(total):
        assert linear_rate(step, warmup=warmup, total=total) * 2.0 == schedule.get_last_lr()[0]
        optimiser.step()
        schedule.step()


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3), nn.Tanh(), nn.Linear(3, 2))


def loss(module, step):
    generator = torch.Generator().manual_seed(step)
    inputs, labels = torch.randn(8, 5, generator=generator), torch.randint(2, (8,), generator=generator)
    return 4.0 * nn.functional.cross_entropy(module(inputs), labels)


def test_flat_steps_are_those_of_adamw_on_each_parameter():
    ours, theirs = network(), network()
    weights = FlatWeights(ours)
    optimiser = Optimiser(
        weights, learning_rate=0.02, weight_decay=0.1, clip_norm=1.0, warmup=0.25, total_steps=30
    )
    reference = torch.optim.AdamW(theirs.parameters(), lr=0.02, weight_decay=0.1)
    schedule = get_linear_schedule_with_warmup(reference, 8, 30)  # 7.5, rounded up
    for step in range(30):
        loss(ours, step).backward()
        optimiser.step()
        loss(theirs, step).backward()
        nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        reference.step()
        schedule.step()
        reference.zero_grad()
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-6)


def test_a_restored_state_is_the_one_that_was_copied():
    module = network()
    weights = FlatWeights(module)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    state = weights.copy()
    optimiser = Optimiser(
        weights, learning_rate=1.0, weight_decay=0.0, clip_norm=1.0, warmup=0.0, total_steps=2
    )
    loss(module, 0).backward()
    optimiser.step()
    assert not torch.equal(module[0].weight, before["0.weight"])
    loss(module, 1).backward()  # a step that never came, as when a trial fails half-way
    weights.restore(state)
    assert not module[0].weight.grad.any()
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_what_is_frozen_or_without_a_gradient_stays():
    module = network()
    module[0].requires_grad_(False)
    unused = nn.Parameter(torch.ones(3))
    module.register_parameter("unused", unused)
    frozen = module[0].weight.clone()
    weights = FlatWeights(module)
    optimiser = Optimiser(
        weights, learning_rate=1.0, weight_decay=0.0, clip_norm=1.0, warmup=0.0, total_steps=2
    )
    loss(module, 0).backward()
    optimiser.step()
    assert torch.equal(module[0].weight, frozen)
    assert module[0].weight.grad is None
    assert torch.equal(unused.detach(), torch.ones(3))
