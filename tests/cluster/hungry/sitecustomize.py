"""Read by every Python of a node that has this folder on its PYTHONPATH: its memory can be made to run out.

The worker of slot 1 then meets in each trial what torch raises where a GPU's memory ends, from the moment
on that the file named by HUNGRY_FROM is there.
"""

import os
import sys
import time
from pathlib import Path


class OutOfMemoryError(RuntimeError):
    """Named as torch's own is."""


def starve():
    from pft_tui.worker import noop
    from pft_tui.worker.faults import guarded

    run_noops, begins = noop.run_noops, Path(os.environ["HUNGRY_FROM"])

    def run(order, report, stop):
        if not begins.exists():
            run_noops(order, report, stop)
            return
        for trial_id, attempt in order.attempts.items():
            with guarded(report, {trial_id: attempt}, begun=False):
                raise OutOfMemoryError("CUDA out of memory")
            time.sleep(0.03)  # so that the daemon hears of the first before the last has failed

    noop.run_noops = run


if "pft_tui.cluster.tethered" in sys.orig_argv and any(given.startswith("ray-1-") for given in sys.orig_argv):
    starve()
