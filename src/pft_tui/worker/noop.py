"""Trials that compute nothing: what is left of a trial's time is the overhead of everything around it."""

from __future__ import annotations

import time

from pft_tui.events import TrialResult
from pft_tui.orders import RunTrials
from pft_tui.specs import TrialSpec
from pft_tui.worker.reporter import Reporter
from pft_tui.worker.stopping import StopRequest


def run_noops(order: RunTrials, report: Reporter, stop: StopRequest) -> None:
    """Report each trial of the bundle as one that took all epochs of its recipe and learned nothing."""
    for trial in order.trials:
        if stop.after_this_trial():
            return
        _run(trial, order.attempts[trial.trial_id], report)


def _run(trial: TrialSpec, attempt: int, report: Reporter) -> None:
    started = time.time()
    report.started(trial.trial_id, attempt)
    if attempt > 1:
        report.restarted(trial.trial_id, 0)
    epochs = trial.recipe.epochs
    for epoch in range(1, epochs + 1):
        report.metrics(trial.trial_id, epoch, epoch, {"val_macro_f1": 0.5})
    now = time.time()
    result = TrialResult(
        trial_id=trial.trial_id,
        epochs=epochs,
        best_epoch=1,
        val_macro_f1=0.5,
        accuracy=0.5,
        macro_f1=0.5,
        weighted_f1=0.5,
        seconds=now - started,
        device="none",
        examples=[],
        environment_id="noop",
        started_at=started,
        at=now,
    )
    report.finished(trial.trial_id, result)
