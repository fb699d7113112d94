"""`python -m pft_tui.cluster.tethered ...`: a worker that ends at once when whoever started it does.

Its results would reach nobody any more, and its trials are run elsewhere.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from pft_tui.worker.__main__ import main


def _end_with_standard_input() -> None:
    """Wait until the other end of the pipe is closed, as the end of a process does, however it came."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    # Ray blocks it in the threads of its actors, from one of which this process has it so.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    main()
