"""Read by every Python of a node that has this folder on its PYTHONPATH: one trial is fatal to its node.

With that trial at hand the worker makes the file named by FALLS, and waits for its end.
"""

import os
import sys
import time
from pathlib import Path

FATAL = 0  # the number of the trial that does it


def doom():
    from pft_tui.worker import noop

    run = noop._run

    def run_or_fall(trial, attempt, report):
        if trial.trial == FATAL:
            report.started(trial.trial_id, attempt)
            report.sync()
            time.sleep(1.0)  # for what it said to arrive
            Path(os.environ["FALLS"]).touch()
            time.sleep(600)
        run(trial, attempt, report)

    noop._run = run_or_fall


if "pft_tui.cluster.tethered" in sys.orig_argv:
    doom()
