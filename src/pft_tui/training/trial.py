"""One few-shot trial once its inputs are ready: train, keep the best state, measure it on the test split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from pft_tui.protocols import Recipe
from pft_tui.specs import TrialSpec
from pft_tui.training.arithmetic import autocast
from pft_tui.training.draws import shuffled
from pft_tui.training.evaluation import Measured, evaluate, measured
from pft_tui.training.metrics import Scores
from pft_tui.training.weights import FlatWeights, Optimiser

Inputs = TypeVar("Inputs")
Report = Callable[[int, int, Mapping[str, float]], None]
"""Takes an epoch, the optimiser's steps so far and the epoch's metrics by name."""


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What a trial came to on the test split; fractions in 0..1, `seconds` of wall-clock time.

    `epochs` and `best_epoch` count from 1 and are 0 for a method that trains nothing; `examples` are the
    ids of the drawn training utterances.
    """

    epochs: int
    best_epoch: int
    val_macro_f1: float
    accuracy: float
    macro_f1: float
    weighted_f1: float
    seconds: float
    examples: tuple[str, ...]


def cell_of(trial: TrialSpec) -> tuple[object, ...]:
    """What every seed of a trial follows from; not the model, so that models are compared in pairs."""
    return (trial.seed, trial.speaker, trial.emotion, trial.k, trial.trial)


class TrialRunner(Protocol):
    """A method of few-shot learning, ready to run any trial of one speaker."""

    def run(self, trial: TrialSpec, report: Report, should_stop: Callable[[], bool]) -> TrialOutcome | None:
        """The trial's outcome; None where `should_stop` said so before there was one."""


@dataclass(frozen=True, slots=True)
class Problem(Generic[Inputs]):
    """What a trial learns and is measured on, on the device.

    `examples` gives the training utterances at some of the indices below k as batches, each with its
    own share of the indices; `labels` (k,) int64 are their classes. `evaluation` and `test` are batches,
    each with its labels (B,).
    """

    classes: int
    examples: Callable[[Sequence[int]], Sequence[tuple[Sequence[int], Inputs]]]
    labels: Tensor
    evaluation: Sequence[tuple[Inputs, Tensor]]
    test: Sequence[tuple[Inputs, Tensor]]


@dataclass(frozen=True, slots=True)
class Fit:
    """How training went, and the test scores of its best state."""

    epochs: int
    best_epoch: int
    val_macro_f1: float
    test: Scores

    def outcome(self, examples: tuple[str, ...], seconds: float) -> TrialOutcome:
        """The trial's outcome, with what the fit does not know."""
        return TrialOutcome(
            epochs=self.epochs,
            best_epoch=self.best_epoch,
            val_macro_f1=self.val_macro_f1,
            accuracy=self.test.accuracy,
            macro_f1=self.test.macro_f1,
            weighted_f1=self.test.weighted_f1,
            seconds=seconds,
            examples=examples,
        )


class Patience:
    """Early stopping on a value that should rise: the best one so far, and when to give up on a better."""

    def __init__(self, epochs: int) -> None:
        self._patience = epochs
        self.best = float("-inf")
        self.best_epoch = 0

    def improves(self, epoch: int, value: float) -> bool:
        """Whether `value` is strictly better than all before it."""
        if not value > self.best:
            return False
        self.best, self.best_epoch = value, epoch
        return True

    def runs_out(self, epoch: int) -> bool:
        """Whether `epoch` is so many epochs past the best one that training stops."""
        return epoch - self.best_epoch >= self._patience


def fit(
    model: nn.Module,
    weights: FlatWeights,
    problem: Problem[Inputs],
    recipe: Recipe,
    seeds: Sequence[object],
    report: Report,
    should_stop: Callable[[], bool],
) -> Fit | None:
    """Train `model` on the examples as the recipe says and test its best state.

    `model` maps a batch of inputs to logits (B, classes); `weights` are its trained ones and end as those
    of the best epoch. `seeds` decide the order of the examples in every epoch. The state with the
    best macro F1 on the evaluation split is kept, the first of equals. Training ends when the patience
    has run out, or with a macro F1 of 1, which no later epoch can better. None where `should_stop` said so.
    """
    k, group = len(problem.labels), recipe.batch_size * recipe.accumulation
    optimiser = _optimiser(weights, recipe, steps_per_epoch=-(-k // group))
    switched = modes(model)
    precision = autocast(recipe.precision, problem.labels.device)
    patience, best = Patience(recipe.patience), weights.copy()
    for epoch in range(1, recipe.epochs + 1):
        order = shuffled(k, *seeds, epoch)
        switch(switched, training=True)
        train_loss = torch.zeros((), dtype=torch.float64, device=problem.labels.device)
        for start in range(0, k, group):
            if should_stop():
                return None
            train_loss += _step(model, problem, order[start : start + group], recipe.batch_size, precision)
            optimiser.step()
        switch(switched, training=False)
        counted = _evaluate(model, problem.evaluation, problem.classes, precision)
        host = torch.cat([train_loss[None], counted]).cpu().numpy()  # the one time an epoch that it is read
        val = measured(host[1:])
        report(epoch, optimiser.steps, _metrics(float(host[0]) / k, val))
        if patience.improves(epoch, val.scores.macro_f1):
            best.copy_(weights.values.detach())
        if patience.best == 1.0 or patience.runs_out(epoch):
            break
    weights.restore(best)
    test = measured(_evaluate(model, problem.test, problem.classes, precision).cpu().numpy())
    return Fit(epoch, patience.best_epoch, patience.best, test.scores)


def modes(model: nn.Module) -> list[nn.Module]:
    """The modules of `model` that training mode changes, in which they are left."""
    model.train()
    return [module for module in model.modules() if module.training]


def switch(modules: Iterable[nn.Module], *, training: bool) -> None:
    """Set what `modes` gave to training or evaluation.

    On a tiny encoder `nn.Module.train` costs as much as encoding an utterance: it walks the tree, and each
    assignment first looks for parameters of the name.
    """
    for module in modules:
        object.__setattr__(module, "training", training)


def _optimiser(weights: FlatWeights, recipe: Recipe, *, steps_per_epoch: int) -> Optimiser:
    return Optimiser(
        weights,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        clip_norm=recipe.clip_norm,
        warmup=recipe.warmup,
        total_steps=recipe.epochs * steps_per_epoch,
    )


def _step(
    model: nn.Module,
    problem: Problem[Inputs],
    indices: Sequence[int],
    batch_size: int,
    precision: torch.autocast,
) -> Tensor:
    """Add the gradient of one accumulated group, in as few passes as is cheapest; the group's summed loss."""
    device = problem.labels.device
    shares = dict(zip(indices, group_shares(len(indices), batch_size), strict=True))
    summed = torch.zeros((), device=device)
    for members, inputs in problem.examples(indices):
        own = torch.tensor([shares[index] for index in members]).to(device, non_blocking=True)
        labels = problem.labels[torch.tensor(members).to(device, non_blocking=True)]
        with precision:
            logits = model(inputs).float()
            losses = nn.functional.cross_entropy(logits, labels, reduction="none")
        (losses @ own).backward()  # type: ignore[no-untyped-call]
        summed += losses.detach().sum()
    return summed


def group_shares(utterances: int, batch_size: int) -> list[float]:
    """What each of a group's utterances counts in its gradient, as the Trainer of transformers has it.

    A group is a mean over batches, each of them a mean over its own utterances; so those of a last,
    smaller batch count for more. With a batch size of 1 all count the same.
    """
    sizes = [min(batch_size, utterances - start) for start in range(0, utterances, batch_size)]
    return [1.0 / (len(sizes) * size) for size in sizes for _ in range(size)]


def _evaluate(
    model: nn.Module,
    batches: Sequence[tuple[Inputs, Tensor]],
    classes: int,
    precision: torch.autocast,
) -> Tensor:
    with precision:
        return evaluate(model, batches, classes)


def _metrics(train_loss: float, val: Measured) -> dict[str, float]:
    return {
        "train_loss": train_loss,
        "val_loss": val.loss,
        "val_macro_f1": val.scores.macro_f1,
        "val_accuracy": val.scores.accuracy,
    }
