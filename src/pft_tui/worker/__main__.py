"""`python -m pft_tui.worker WORKSPACE WORKER_ID DEVICE THREADS [--deterministic]`: one worker process."""

from __future__ import annotations

import argparse
from pathlib import Path

from pft_tui.events import Spool
from pft_tui.orders import Order, RunTrials
from pft_tui.paths import Workspace
from pft_tui.worker.inbox import orders
from pft_tui.worker.reporter import Reporter
from pft_tui.worker.stopping import StopRequest


def main() -> None:
    """Take orders from the inbox until told to stop, and report to the spool."""
    parser = argparse.ArgumentParser(prog="python -m pft_tui.worker")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("worker_id")
    parser.add_argument("device")
    parser.add_argument("threads", type=int)
    parser.add_argument("--deterministic", action="store_true")
    asked = parser.parse_args()
    stop, workspace = StopRequest(), Workspace(asked.workspace)
    with Spool(workspace.spool / f"{asked.worker_id}.jsonl") as spool:
        report = Reporter(spool, asked.worker_id)
        # A disk that was full when the last job ended takes its report while the worker waits for the next.
        inbox = workspace.inbox / f"{asked.worker_id}.jsonl"
        for order in orders(inbox, stop.after_this_trial, while_waiting=report.flush):
            report.ordered(order)
            _perform(order, asked, report, stop)
            report.sync()


def _perform(order: Order, asked: argparse.Namespace, report: Reporter, stop: StopRequest) -> None:
    if isinstance(order, RunTrials) and order.trials[0].method == "noop":
        from pft_tui.worker.noop import run_noops

        run_noops(order, report, stop)
        return
    # torch takes seconds to load: only with the first order that needs it.
    from pft_tui.worker.workshop import workshop

    workshop(
        Workspace(asked.workspace),
        report,
        device=asked.device,
        threads=asked.threads,
        deterministic=asked.deterministic,
    ).perform(order, stop)


if __name__ == "__main__":
    main()
