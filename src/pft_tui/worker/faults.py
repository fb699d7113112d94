"""What goes wrong in a job becomes an event, and the worker goes on."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pft_tui.errors import PftError
from pft_tui.worker.reporter import Reporter


@contextmanager
def guarded(report: Reporter, attempts: Mapping[str, int], *, begun: bool = True) -> Iterator[None]:
    """Report jobs (id -> number of the attempt) as failed where the block raises.

    An error meant for the user is final: another try would meet it again. Anything else (memory that ran
    out, a device that stumbled, a bug) may be worth another try; its traceback goes to the worker's log.
    Jobs that were not `begun` are reported as begun first, so that the attempt counts.
    """
    try:
        yield
    except PftError as error:
        _fail(report, attempts, str(error), begun=begun, final=True)
    except Exception as error:  # noqa: BLE001 - whatever a job raises, the worker has others to run
        traceback.print_exc(file=sys.stderr)
        sys.stderr.flush()
        _fail(report, attempts, f"{type(error).__name__}: {error}", begun=begun, final=False)


def _fail(report: Reporter, attempts: Mapping[str, int], words: str, *, begun: bool, final: bool) -> None:
    for job_id, attempt in attempts.items():
        if not begun:
            report.started(job_id, attempt)
        report.failed(job_id, words, final=final)
