"""The weights that are trained, as one tensor, and the optimiser's steps on it."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

ALIGNMENT = 16  # floats: every parameter starts at a multiple of 64 bytes, as one allocated alone does


class FlatWeights:
    """The trained parameters of `module` laid out in one tensor; the module's own are views into it.

    Copying a state, measuring the gradient's norm and a step of AdamW are then one operation each, however
    many parameters there are. `values` has shape (N,), its `grad` likewise. A parameter without a gradient
    (a layer that layerdrop skipped) has a gradient of zero.
    """

    def __init__(self, module: nn.Module) -> None:
        self._parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        sizes = [-(-parameter.numel() // ALIGNMENT) * ALIGNMENT for parameter in self._parameters]
        flat = torch.zeros(sum(sizes), device=self._parameters[0].device)
        self.values = nn.Parameter(flat)
        self.gradient = torch.zeros_like(flat)
        self.values.grad = self.gradient
        places = zip(
            self._parameters, torch.split(flat, sizes), torch.split(self.gradient, sizes), strict=True
        )
        for parameter, values, gradient in places:
            own = values[: parameter.numel()].view_as(parameter)
            own.copy_(parameter.detach())
            parameter.data = own
            parameter.grad = gradient[: parameter.numel()].view_as(parameter)

    def copy(self) -> Tensor:
        """The weights as they are now, (N,)."""
        return self.values.detach().clone()

    @torch.no_grad()
    def restore(self, state: Tensor) -> None:
        """Set the weights to a `state` (N,) that `copy` gave, and forget the gradient that there may be."""
        self.values.copy_(state)
        self.gradient.zero_()


def linear_rate(step: int, *, warmup: int, total: int) -> float:
    """The share of the peak learning rate at `step`, counted from 0.

    It rises linearly from 0 over the first `warmup` steps and falls linearly to 0 at `total`: the
    schedule of transformers' `get_linear_schedule_with_warmup`.
    """
    if step < warmup:
        return step / warmup
    return max(0.0, (total - step) / max(1, total - warmup))


class Optimiser:
    """AdamW (Loshchilov and Hutter 2019) with clipping, a linear warm-up and a linear decay.

    `warmup` is the share of the `total_steps` over which the rate rises, rounded up as transformers'
    Trainer does. The decay of weights, where there is any, falls on every parameter alike.
    """

    def __init__(
        self,
        weights: FlatWeights,
        *,
        learning_rate: float,
        weight_decay: float,
        clip_norm: float,
        warmup: float,
        total_steps: int,
    ) -> None:
        self.weights = weights
        self.steps = 0
        self.learning_rate = 0.0
        self._peak = learning_rate
        self._clip_norm = clip_norm
        self._warmup = math.ceil(warmup * total_steps)
        self._total = total_steps
        self._adamw = torch.optim.AdamW(
            [weights.values], lr=learning_rate, weight_decay=weight_decay, fused=True
        )

    def step(self) -> None:
        """Step along the gradients that are there, and set them to zero."""
        nn.utils.clip_grad_norm_(self.weights.values, self._clip_norm)
        self.learning_rate = self._peak * linear_rate(self.steps, warmup=self._warmup, total=self._total)
        self._adamw.param_groups[0]["lr"] = self.learning_rate
        self._adamw.step()
        self.steps += 1
        self.weights.gradient.zero_()

    def state(self) -> dict[str, Tensor]:
        """Both moments, (N,) each, and AdamW's own count of steps, (): all that the next step needs."""
        return dict(self._adamw.state[self.weights.values])

    def resume(self, steps: int, state: dict[str, Tensor]) -> None:
        """Go on after `steps` steps from a `state` that `state()` gave."""
        self.steps = steps
        self._adamw.state[self.weights.values] = state
