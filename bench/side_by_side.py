"""Processes that begin what is measured at the same moment."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from typing import Any


def side_by_side(act: Callable[..., object], arguments: Sequence[tuple[object, ...]]) -> list[Any]:
    """Call `act(barrier, *arguments)` in a process for each, and give what each came to.

    An act waits at the barrier for the others before what it measures. Ends this process if one fails.
    """
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(len(arguments)), context.SimpleQueue()
    processes = [context.Process(target=_answer, args=(answers, act, barrier, *own)) for own in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise SystemExit(f"a process ended with {process.exitcode}")
    return [answers.get() for _ in processes]


def _answer(answers: Any, act: Callable[..., object], barrier: Barrier, *own: object) -> None:  # noqa: ANN401 - a queue has no public type
    answers.put(act(barrier, *own))
