"""The job that runs a bundle: few-shot trials of one model on one speaker."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

import torch

from pft_tui.corpora.utterance import EVALUATION, TEST, TRAIN
from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.load import load_encoder
from pft_tui.errors import CheckpointError, EncoderError, SpecError
from pft_tui.events import TrialResult
from pft_tui.orders import RunTrials
from pft_tui.paths import Workspace
from pft_tui.specs import FINETUNE, Method, ModelSpec, TrialSpec
from pft_tui.training.data import SpeakerData, Split
from pft_tui.training.feature_cache import FeatureCache
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.frozen import Kept
from pft_tui.training.trial import TrialOutcome, TrialRunner
from pft_tui.worker.data import corpus_audio
from pft_tui.worker.faults import guarded
from pft_tui.worker.memory import memory_claimed, memory_there
from pft_tui.worker.place import Place
from pft_tui.worker.reporter import Reporter
from pft_tui.worker.stopping import StopRequest


def run_trials(
    workspace: Workspace, order: RunTrials, place: Place, report: Reporter, stop: StopRequest
) -> None:
    """Run each trial of the bundle in turn; what goes wrong with one does not touch the others."""
    device = torch.device(place.device)
    with ExitStack() as stack:
        stack.enter_context(guarded(report, order.attempts, begun=False))
        cache = stack.enter_context(_cache(workspace, order))
        there = memory_there(device)
        runner = _runner(workspace, order, place, cache)
        if isinstance(runner, FewShotTrainer):
            stack.enter_context(memory_claimed(workspace, runner.memory(order.trials), device, there))
        for trial in order.trials:
            if stop.after_this_trial():
                return
            attempt = order.attempts[trial.trial_id]
            report.started(trial.trial_id, attempt)
            with guarded(report, {trial.trial_id: attempt}):
                _run(trial, attempt, runner, place, report, stop.now)


def _run(
    trial: TrialSpec,
    attempt: int,
    runner: TrialRunner,
    place: Place,
    report: Reporter,
    should_stop: Callable[[], bool],
) -> None:
    started = time.time()
    if attempt > 1:
        report.restarted(trial.trial_id, 0)
    outcome = runner.run(
        trial, lambda epoch, step, values: report.metrics(trial.trial_id, epoch, step, values), should_stop
    )
    if outcome is not None:
        report.finished(trial.trial_id, _result(trial, outcome, place, started))


def _result(trial: TrialSpec, outcome: TrialOutcome, place: Place, started: float) -> TrialResult:
    return TrialResult(
        trial_id=trial.trial_id,
        epochs=outcome.epochs,
        best_epoch=outcome.best_epoch,
        val_macro_f1=outcome.val_macro_f1,
        accuracy=outcome.accuracy,
        macro_f1=outcome.macro_f1,
        weighted_f1=outcome.weighted_f1,
        seconds=outcome.seconds,
        device=place.name,
        examples=list(outcome.examples),
        environment_id=place.environment_id,
        started_at=started,
        at=time.time(),
    )


def _cache(workspace: Workspace, order: RunTrials) -> FeatureCache:
    return FeatureCache(workspace.features, limit=order.cache_limit, floor=order.cache_floor)


def _runner(workspace: Workspace, order: RunTrials, place: Place, cache: FeatureCache) -> TrialRunner:
    model, first = order.model, order.trials[0]
    shares_cnn = model is not None and model.settings is not None and model.settings.freeze_cnn
    kept = Kept(cache, f"{first.downstream.name}/{first.speaker}", shares_cnn)
    return runner_of(
        first.method,
        lambda: _encoder(workspace, model),
        _speaker_data(workspace, first),
        torch.device(place.device),
        deterministic=place.deterministic,
        kept=kept if order.cache_limit else None,
    )


def runner_of(
    method: Method,
    encoder: Callable[[], Encoder],
    data: SpeakerData,
    device: torch.device,
    *,
    deterministic: bool,
    kept: Kept | None = None,
) -> TrialRunner:
    """What runs the trials of a method on one speaker; `encoder` loads one for the method that needs it."""
    if method == FINETUNE:
        return FewShotTrainer(encoder(), data, device=device, deterministic=deterministic, kept=kept)
    if method == "constant":
        from pft_tui.baselines.constant import ConstantBaseline

        return ConstantBaseline(data)
    from pft_tui.baselines.compare2016 import Compare2016Baseline

    return Compare2016Baseline(data, device=device, deterministic=deterministic)


def _encoder(workspace: Workspace, model: ModelSpec | None) -> Encoder:
    if model is None:
        raise SpecError("trials of an encoder name no model")
    spec = model.encoder
    if not model.corpora:
        return load_encoder(spec.name, revision=spec.revision, seed=spec.seed)
    folder = workspace.models / model.model_id
    try:
        return load_encoder(str(folder))
    except EncoderError as error:
        raise CheckpointError(
            f"the pre-finetuned model {model.corpus_set} is damaged: {error.message}",
            hint=f"delete {folder} and run again: it will be pre-finetuned anew",
        ) from error


def _speaker_data(workspace: Workspace, trial: TrialSpec) -> SpeakerData:
    audio = corpus_audio(workspace, trial.downstream)
    splits = []
    for split in (TRAIN, EVALUATION, TEST):
        items = audio.utterances(split, trial.speaker)
        splits.append(
            Split(
                tuple(item.utterance_id for item in items),
                audio.samples(items),
                tuple(item.label for item in items),
            )
        )
    return SpeakerData(*splits)
