"""The job that pre-finetunes one model."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

import torch

from pft_tui.corpora.utterance import EVALUATION, TRAIN
from pft_tui.encoders.load import load_encoder
from pft_tui.errors import SpecError
from pft_tui.events import ModelResult
from pft_tui.orders import Prefinetune
from pft_tui.paths import Workspace
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, ModelSpec
from pft_tui.training.data import Labelled, TaskData
from pft_tui.training.model_folder import PrefinetuneResult
from pft_tui.training.prefinetune import prefinetune
from pft_tui.training.ranks import ALONE, Ranks
from pft_tui.training.together import train_together
from pft_tui.training.trial import Report
from pft_tui.worker.data import corpus_audio
from pft_tui.worker.place import Place
from pft_tui.worker.reporter import Reporter


def prefinetune_model(
    workspace: Workspace, order: Prefinetune, place: Place, report: Reporter, should_stop: Callable[[], bool]
) -> None:
    """Pre-finetune the model, from its last checkpoint where there is one, and leave it in its folder."""
    model, started = order.model, time.time()
    if model.settings is None:
        raise SpecError(f"the model {model.corpus_set} is not one to pre-finetune")
    report.started(model.model_id, order.attempt)
    epochs = _EpochReport(model.model_id, model.settings.epochs, report)
    train = partial(_train, workspace, model, model.settings, place.deterministic)
    if order.ranks:
        torch.cuda.empty_cache()  # the first rank wants what earlier jobs have left to this process
        devices = [rank.device for rank in order.ranks]
        result = train_together(train, devices, threads=place.threads, report=epochs, should_stop=should_stop)
    else:
        result = train(ALONE, torch.device(place.device), epochs, should_stop)
    if result is None:
        return
    report.finished(
        model.model_id,
        ModelResult(
            model_id=model.model_id,
            epochs=result.epochs,
            best_epoch=result.best_epoch,
            val_loss=result.val_loss,
            seconds=result.seconds,
            device=f"{len(order.ranks)} × {place.name}" if order.ranks else place.name,
            environment_id=place.environment_id,
            started_at=started,
            at=time.time(),
        ),
    )


def _train(
    workspace: Workspace,
    model: ModelSpec,
    settings: PrefinetuneSettings,
    deterministic: bool,
    ranks: Ranks,
    device: torch.device,
    report: Report,
    should_stop: Callable[[], bool] = lambda: False,
) -> PrefinetuneResult | None:
    return prefinetune(
        load_encoder(model.encoder.name, revision=model.encoder.revision, seed=model.encoder.seed),
        [_task(workspace, ref) for ref in model.corpora],
        settings,
        seed=model.seed,
        folder=workspace.models / model.model_id,
        device=device,
        report=report,
        should_stop=should_stop,
        deterministic=deterministic,
        ranks=ranks,
    )


class _EpochReport:
    """Reports epochs; those that an earlier, interrupted attempt reported beyond its checkpoint are void."""

    def __init__(self, model_id: str, epochs: int, report: Reporter) -> None:
        self._model_id = model_id
        self._epochs = epochs
        self._report = report
        self._has_begun = False

    def __call__(self, epoch: int, step: int, values: Mapping[str, float]) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._report.restarted(self._model_id, epoch - 1)
        self._report.metrics(self._model_id, epoch, step, values)
        self._report.progress(self._model_id, epoch, self._epochs, "epochs")
        self._report.flush()


def _task(workspace: Workspace, ref: CorpusRef) -> TaskData:
    audio = corpus_audio(workspace, ref)
    labels = audio.corpus.labels
    index = {label: number for number, label in enumerate(labels)}

    def labelled(split: str) -> Labelled:
        items = audio.utterances(split)
        return Labelled(audio.samples(items), [index[item.label] for item in items])

    return TaskData(ref.name, labels, labelled(TRAIN), labelled(EVALUATION))
