"""A worker whose device has too little memory: all its trials fail for that, on the slot numbered 1."""

import sys
import time

from pft_tui.worker import __main__ as worker
from pft_tui.worker import noop
from pft_tui.worker.faults import guarded


class OutOfMemoryError(RuntimeError):
    """Named as torch's own is."""


def starve(order, report, stop):
    for trial_id, attempt in order.attempts.items():
        with guarded(report, {trial_id: attempt}, begun=False):
            raise OutOfMemoryError("CUDA out of memory")
        time.sleep(0.03)  # so that the scheduler hears of the first before the last has failed


if __name__ == "__main__":
    if "-1-" in sys.argv[2]:
        noop.run_noops = starve
    worker.main()
