"""`python -m pft_tui.worker WORKSPACE WORKER_ID DEVICE THREADS [--deterministic]`: one worker process."""

from __future__ import annotations

import argparse
import signal
import time
from pathlib import Path
from types import FrameType

import torch
from transformers.utils import logging

from pft_tui.events import EnvironmentSeen, Spool
from pft_tui.orders import Order, Prefinetune, Prepare, RunTrials
from pft_tui.paths import Workspace
from pft_tui.worker.environment import device_name, environment, environment_id
from pft_tui.worker.faults import guarded
from pft_tui.worker.inbox import orders
from pft_tui.worker.place import Place
from pft_tui.worker.prefinetuning import prefinetune_model
from pft_tui.worker.prepare import prepare_corpus
from pft_tui.worker.reporter import Reporter
from pft_tui.worker.trials import run_trials


class StopRequest:
    """Whether the worker was asked to stop. It then drops what it is doing; what it reported stays."""

    def __init__(self) -> None:
        self._wanted = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._remember)

    def _remember(self, _number: int, _frame: FrameType | None) -> None:
        self._wanted = True

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._wanted


def main() -> None:
    """Take orders from the inbox until told to stop, and report to the spool."""
    parser = argparse.ArgumentParser(prog="python -m pft_tui.worker")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("worker_id")
    parser.add_argument("device")
    parser.add_argument("threads", type=int)
    parser.add_argument("--deterministic", action="store_true")
    asked = parser.parse_args()
    should_stop, workspace = StopRequest(), Workspace(asked.workspace)
    torch.set_num_threads(asked.threads)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with Spool(workspace.spool / f"{asked.worker_id}.jsonl") as spool:
        report = Reporter(spool, asked.worker_id)
        details = environment(
            workspace.root, asked.device, threads=asked.threads, deterministic=asked.deterministic
        )
        place = Place(
            asked.device,
            device_name(asked.device),
            asked.threads,
            asked.deterministic,
            environment_id(details),
        )
        report.emit(EnvironmentSeen(place.environment_id, details, time.time()))
        report.flush()
        for order in orders(workspace.inbox / f"{asked.worker_id}.jsonl", should_stop):
            _perform(workspace, order, place, report, should_stop)
            report.sync()


def _perform(
    workspace: Workspace, order: Order, place: Place, report: Reporter, should_stop: StopRequest
) -> None:
    if isinstance(order, RunTrials):
        run_trials(workspace, order, place, report, should_stop)
    elif isinstance(order, Prefinetune):
        with guarded(report, {order.model.model_id: order.attempt}):
            prefinetune_model(workspace, order, place, report, should_stop)
    elif isinstance(order, Prepare):
        with guarded(report, {order.job_id: order.attempt}):
            prepare_corpus(workspace, order, report, threads=place.threads, should_stop=should_stop)


if __name__ == "__main__":
    main()
