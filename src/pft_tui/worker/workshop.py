"""What a worker needs for jobs that compute: torch and its device, loaded once."""

from __future__ import annotations

import time
from functools import cache

import torch
from transformers.utils import logging

from pft_tui.events import EnvironmentSeen
from pft_tui.orders import Order, Prefinetune, Prepare, RunTrials
from pft_tui.paths import Workspace
from pft_tui.worker.environment import device_name, environment, environment_id
from pft_tui.worker.faults import guarded
from pft_tui.worker.place import Place
from pft_tui.worker.prefinetuning import prefinetune_model
from pft_tui.worker.prepare import prepare_corpus
from pft_tui.worker.reporter import Reporter
from pft_tui.worker.stopping import StopRequest
from pft_tui.worker.trials import run_trials


class Workshop:
    """Carries out orders on one device, and reports what it is made of before the first."""

    def __init__(
        self, workspace: Workspace, report: Reporter, *, device: str, threads: int, deterministic: bool
    ) -> None:
        torch.set_num_threads(threads)
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        details = environment(workspace.root, device, threads=threads, deterministic=deterministic)
        identity = environment_id(details)
        self._workspace, self._report = workspace, report
        self._place = Place(device, device_name(device), threads, deterministic, identity)
        report.emit(EnvironmentSeen(identity, details, time.time()))
        report.flush()

    def perform(self, order: Order, stop: StopRequest) -> None:
        """Carry out one order; what goes wrong in it is reported, not raised."""
        workspace, place, report = self._workspace, self._place, self._report
        if isinstance(order, RunTrials):
            run_trials(workspace, order, place, report, stop)
        elif isinstance(order, Prefinetune):
            with guarded(report, {order.model.model_id: order.attempt}):
                prefinetune_model(workspace, order, place, report, stop.after_this_trial)
        elif isinstance(order, Prepare):
            with guarded(report, {order.job_id: order.attempt}):
                prepare_corpus(
                    workspace, order, report, threads=place.threads, should_stop=stop.after_this_trial
                )


# One for each process: a worker has one device all its life.
workshop = cache(Workshop)
