"""A machine that one trial brings down: `falling_machine.py WORKSPACE` runs its queue until it falls.

As a worker it kills, with that trial at hand, the process that owns the queue, and itself.
"""

import os
import signal
import sys
from contextlib import closing
from pathlib import Path

FALL = 0  # the number of the trial that does it


def run_trial(trial, attempt, report):
    report.started(trial.trial_id, attempt)
    report.sync()
    if trial.trial == FALL:
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    report.failed(trial.trial_id, "it was let through", final=True)


def own(folder):
    from pft_tui.paths import Workspace
    from pft_tui.scheduler.executor import LocalExecutor
    from pft_tui.scheduler.room import Room
    from pft_tui.scheduler.run import GridRun
    from pft_tui.scheduler.scheduler import Scheduler
    from pft_tui.scheduler.slots import Slot
    from pft_tui.settings.model import RunSettings
    from pft_tui.store.owner import Store

    class Executor(LocalExecutor):
        def _arguments(self, worker_id, slot):
            return [__file__, *super()._arguments(worker_id, slot)[2:]]

    workspace, settings = Workspace(folder), RunSettings(publish_seconds=0.2, disk_floor=0)
    executor, room = Executor(workspace, deterministic=False), Room(workspace.private, settings)
    with closing(Store.open(workspace)) as store:
        scheduler = Scheduler(store, executor, [Slot(0, "cpu", 1)], settings, room)
        with closing(GridRun(store, scheduler).ticks()) as ticks:
            for _ in ticks:
                pass


if __name__ == "__main__":
    if len(sys.argv) == 2:
        own(Path(sys.argv[1]))
    else:
        from pft_tui.worker import __main__ as worker
        from pft_tui.worker import noop

        noop._run = run_trial
        worker.main()
