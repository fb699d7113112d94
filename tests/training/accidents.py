"""What can happen to one of two ranks while they work together."""

from __future__ import annotations

import os
import signal
from functools import partial

import torch

from pft_tui.errors import AudioError
from pft_tui.training.together import train_together


def join_in(accident, victim, pids, should_stop=lambda: False):
    """Two ranks, one of which has an accident; `pids` hears who they are."""
    return train_together(
        partial(meet, accident, victim),
        ["cpu", "cpu"],
        threads=1,
        report=lambda _epoch, _step, values: pids.append(int(values["pid"])),
        should_stop=should_stop,
    )


def meet(accident, victim, ranks, _device, report):
    """Come to grief in one rank, while the others wait for it."""
    report(1, 1, {"pid": float(os.getpid())})
    ranks.add_up(torch.ones(1))
    if ranks.rank == victim:
        if accident == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if accident == "bad audio":
            raise AudioError("utterance 7 is empty", hint="leave it out")
        if accident == "unpicklable":
            raise UnpicklableError("no way", 3)
        signal.pause()
    return ranks.add_up(torch.ones(3)).tolist()


class UnpicklableError(Exception):
    """An exception that cannot be made from what it says."""

    def __init__(self, words, number):
        super().__init__(f"{words} {number}")
