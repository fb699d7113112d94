"""A worker's log: what it does, in lines for people. What counts goes into the spool, not here."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TextIO

from pft_tui.events import Event, ModelResult, TrialResult
from pft_tui.orders import Order, Prefinetune, Prepare

MOST_A_SECOND = 10


class Diary:
    """Lines with the time, MOST_A_SECOND at most and failures in any case; the others are counted."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out
        self._second = 0
        self._said = 0
        self._left_out = 0

    def say(self, words: str, *, in_any_case: bool = False) -> None:
        """Write a line, unless there were many in this second."""
        second = int(time.time())
        if second != self._second:
            self._second, self._said = second, 0
        if self._said >= MOST_A_SECOND and not in_any_case:
            self._left_out += 1
            return
        self._said += 1
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        more = f" ({self._left_out:,} lines before this one left out)" if self._left_out else ""
        self._left_out = 0
        with suppress(OSError):  # a full disk is no reason to end a job
            print(f"{clock} {words}{more}", file=self._out or sys.stderr, flush=True)


def order_in_words(order: Order) -> str:
    """What an order asks for."""
    if isinstance(order, Prepare):
        return f"decoding {order.corpus.name}"
    if isinstance(order, Prefinetune):
        together = f" on {len(order.ranks)} devices" if order.ranks else ""
        return f"pre-finetuning {order.model.corpus_set}{together}"
    first, count = order.trials[0], len(order.trials)
    whose = order.model.corpus_set if order.model else first.method
    return f"{count} trial{'s' * (count != 1)} of {whose}, speaker {first.speaker}"


def result_in_words(result: Event | None) -> str:
    """What came of a job, after a colon; nothing where its end is all there is to say."""
    if isinstance(result, TrialResult):
        epochs = f", best epoch {result.best_epoch} of {result.epochs}" if result.epochs else ""
        return f": macro F1 {result.macro_f1:.4f}{epochs}, {result.seconds:.1f} s"
    if isinstance(result, ModelResult):
        loss = f"validation loss {result.val_loss:.4f}, best epoch {result.best_epoch} of {result.epochs}"
        return f": {loss}, {result.seconds:.0f} s"
    return ""
