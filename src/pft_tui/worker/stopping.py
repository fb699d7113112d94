"""How a worker is asked to end, now or after the trial at hand."""

from __future__ import annotations

import signal
from types import FrameType

from pft_tui.orders import AFTER_THIS_TRIAL


class StopRequest:
    """Whether the worker was asked to stop; what it reported stays.

    SIGTERM and SIGINT ask it to drop what it is doing, AFTER_THIS_TRIAL to end the trial at hand first.
    """

    def __init__(self) -> None:
        self._now = False
        self._soon = False
        for number in (signal.SIGTERM, signal.SIGINT, AFTER_THIS_TRIAL):
            signal.signal(number, self._remember)

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        self._soon = True
        self._now |= number != AFTER_THIS_TRIAL

    def now(self) -> bool:
        """Whether to drop what is at hand."""
        return self._now

    def after_this_trial(self) -> bool:
        """Whether to begin nothing more. A pre-finetuning, which resumes, is dropped at this already."""
        return self._soon
