"""Pre-finetuning: one encoder learns several corpora at once, each with a linear head of its own."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from pft_tui.encoders.encoder import Encoder
from pft_tui.errors import PftError, SpecError
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import identify
from pft_tui.training.checkpoint import Progress, discard_checkpoint, load_checkpoint, save_checkpoint
from pft_tui.training.data import TaskData
from pft_tui.training.draws import epoch_order, seed_of
from pft_tui.training.evaluation import Measured
from pft_tui.training.model_folder import PrefinetuneResult, is_complete, publish_model, read_result
from pft_tui.training.multitask import Batch, Multitask
from pft_tui.training.prefetch import prefetched
from pft_tui.training.ranks import ALONE, Ranks
from pft_tui.training.reproducible import deterministic_kernels, seeded
from pft_tui.training.trial import Report
from pft_tui.training.weights import FlatWeights, Optimiser


def prefinetune(
    encoder: Encoder,
    tasks: Sequence[TaskData],
    settings: PrefinetuneSettings,
    *,
    seed: int,
    folder: Path,
    device: torch.device,
    report: Report,
    should_stop: Callable[[], bool],
    deterministic: bool = False,
    ranks: Ranks = ALONE,
) -> PrefinetuneResult | None:
    """Train `encoder` on `tasks` and leave its best state in `folder`, as `publish_model` describes.

    Every epoch ends with a checkpoint in `folder` and a report. A later call with the same arguments goes
    on from there, and on a CPU ends with the bits of a run that was never interrupted; a model that is
    whole is not trained again. None where `should_stop`, asked before each step, said so: the epoch that
    was under way is lost. Where there are several `ranks`, each is a process that calls this with the same
    arguments but for its own `device`; the first alone reports and writes, and they must be stopped from
    outside. Raises SpecError without tasks, CheckpointError for a folder that is damaged or
    holds something else, PftError where no epoch has a loss that is a number.
    """
    if not tasks:
        raise SpecError("there is nothing to pre-finetune on", hint="name corpora in grid.prefinetune_on")
    tasks = sorted(tasks, key=lambda task: task.name)
    run = _identity(encoder, tasks, settings, seed)
    if is_complete(folder):
        result = read_result(folder, run)
        discard_checkpoint(folder)
        return result
    with deterministic_kernels(deterministic):
        model = Multitask(encoder, tasks, settings, seed=seed, device=device, ranks=ranks)
        sizes = {task.name: len(task.train.audio) for task in tasks}
        training = _Training(model, sizes, settings, seed, ranks)
        found = load_checkpoint(folder, run)
        progress = training.resume(*found) if found else Progress(run)
        while not _is_over(progress, settings):
            ended = training.epoch(progress, report, should_stop)
            if ended is None:
                return None
            progress = ended
            if ranks.leads:
                save_checkpoint(folder, progress, training.state())
    result = _result(progress)
    if not ranks.leads:
        return result
    training.keep_best()
    publish_model(
        folder,
        encoder,
        model.heads,
        {task.name: task.labels for task in tasks},
        {"run": run, "seed": seed, "settings": settings.model_dump()},
        result,
    )
    return result


def _identity(encoder: Encoder, tasks: Sequence[TaskData], settings: PrefinetuneSettings, seed: int) -> str:
    shapes = [(name, list(parameter.shape)) for name, parameter in encoder.named_parameters()]
    sizes = [(task.name, task.labels, len(task.train.audio), len(task.evaluation.audio)) for task in tasks]
    return identify("prefinetune", shapes, sizes, settings.model_dump(), seed)


def _is_over(progress: Progress, settings: PrefinetuneSettings) -> bool:
    waited = progress.epoch - progress.best_epoch
    return progress.epoch >= settings.epochs or waited >= settings.patience


def _result(progress: Progress) -> PrefinetuneResult:
    if progress.best_loss is None:
        raise PftError(
            f"pre-finetuning diverged: no validation loss of {progress.epoch} epochs is a number",
            hint="lower prefinetune.learning_rate",
        )
    return PrefinetuneResult(progress.epoch, progress.best_epoch, progress.best_loss, progress.seconds)


class _Training:
    """One pre-finetuning: its model, its optimiser, and what an epoch does to them."""

    def __init__(
        self,
        model: Multitask,
        sizes: Mapping[str, int],
        settings: PrefinetuneSettings,
        seed: int,
        ranks: Ranks,
    ) -> None:
        self._model, self._sizes, self._settings = model, sizes, settings
        self._seed, self._ranks = seed, ranks
        self._group = settings.batch_size * settings.accumulation
        self._weights = FlatWeights(model)
        self._best = self._weights.copy()
        self._optimiser = Optimiser(
            self._weights,
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            clip_norm=settings.clip_norm,
            warmup=settings.warmup,
            total_steps=settings.epochs * -(-sum(sizes.values()) // self._group),
        )

    def resume(self, progress: Progress, stored: Mapping[str, Tensor]) -> Progress:
        """Take up a checkpoint."""
        tensors = {name: tensor.to(self._best.device, copy=True) for name, tensor in stored.items()}
        self._weights.restore(tensors.pop("weights"))
        self._best = tensors.pop("best")
        self._optimiser.resume(progress.steps, tensors)
        return progress

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint holds."""
        return {"weights": self._weights.values, "best": self._best, **self._optimiser.state()}

    def keep_best(self) -> None:
        """Go back to the state with the smallest validation loss, the first of equals."""
        self._weights.restore(self._best)

    def epoch(self, done: Progress, report: Report, should_stop: Callable[[], bool]) -> Progress | None:
        """Train, validate and report the epoch that follows those `done`; None where told to stop."""
        began, number, settings = time.perf_counter(), done.epoch + 1, self._settings
        order = epoch_order(
            self._sizes,
            sampling=settings.sampling,
            temperature=settings.temperature,
            seed=self._seed,
            epoch=number,
        )
        # No two ranks drop the same units; the first does as one alone would.
        own = () if self._ranks.leads else (self._ranks.rank,)
        with seeded(seed_of("dropout", self._seed, number, *own), self._best.device):
            summed = self._train(order, should_stop)
        if summed is None:
            return None
        counted = self._ranks.add_up(torch.cat([summed, self._model.validate()]))
        host = counted.cpu().numpy()  # the one time an epoch it is read
        train_losses = dict(zip(self._sizes, host.tolist(), strict=False))
        val = self._model.measured(host[len(self._sizes) :])
        val_loss = fmean(task.loss for task in val.values())
        seconds = time.perf_counter() - began
        values = _metrics(Counter(name for name, _ in order), train_losses, val)
        values |= {"val_loss": val_loss, "learning_rate": self._optimiser.learning_rate, "seconds": seconds}
        if self._ranks.leads:
            report(number, self._optimiser.steps, values)
        done = replace(done, epoch=number, steps=self._optimiser.steps, seconds=done.seconds + seconds)
        if not val_loss < (float("inf") if done.best_loss is None else done.best_loss):
            return done
        self._best.copy_(self._weights.values.detach())
        return replace(done, best_epoch=number, best_loss=val_loss)

    def _train(self, order: Sequence[tuple[str, int]], should_stop: Callable[[], bool]) -> Tensor | None:
        """The summed scaled loss of each task over this rank's share of one pass in `order`.

        On the device: (tasks,) float64. Every step follows the mean over the whole of its group, however the
        ranks share it.
        """
        summed = torch.zeros(len(self._sizes), dtype=torch.float64, device=self._best.device)
        self._model.train()
        groups = [order[start : start + self._group] for start in range(0, len(order), self._group)]
        with closing(prefetched(self._read, groups)) as read:
            for group, batches in zip(groups, read, strict=True):
                if should_stop():
                    return None
                for batch in batches:
                    losses, tasks = self._model.losses(batch)
                    (losses.sum() / len(group)).backward()  # type: ignore[no-untyped-call]
                    summed.index_add_(0, tasks, losses.detach().double())
                self._ranks.add_up(self._weights.gradient)
                self._optimiser.step()
        return summed

    def _read(self, group: Sequence[tuple[str, int]]) -> list[Batch]:
        return self._model.batches(group, self._settings.batch_size)


def _metrics(
    drawn: Mapping[str, int], train_losses: Mapping[str, float], val: Mapping[str, Measured]
) -> dict[str, float]:
    """Metrics by name. A corpus of which nothing was drawn has no training loss of its own."""
    values = {"train_loss": sum(train_losses.values()) / sum(drawn.values())}
    values |= {f"train_loss/{name}": train_losses[name] / count for name, count in drawn.items()}
    for name, task in val.items():
        values[f"val_loss/{name}"] = task.loss
        values[f"val_macro_f1/{name}"] = task.scores.macro_f1
        values[f"val_accuracy/{name}"] = task.scores.accuracy
    return values
