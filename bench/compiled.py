"""What `torch.compile` does for a training step and an evaluation chunk, and what compiling takes.

    python bench/compiled.py [--encoder random:base] [--device cuda]

As the engine runs them, and compiled; on a GPU also with mode "reduce-overhead", which replays CUDA graphs.
One shape of input: in a bundle every width and number of utterances is compiled anew. Prints Markdown.
"""

from __future__ import annotations

import argparse
import sys
import time

import torch
from packing import ACTS, Alone, Work, add_work, heading, timed

EAGER, DEFAULT, GRAPHS = "not compiled", "default", "reduce-overhead"


def main() -> None:
    """Measure what was asked for and show it."""
    asked = _arguments()
    torch.set_num_threads(asked.threads)
    work = Work.of(asked)
    sys.stdout.write(
        f"{heading(work)}\n\n"
        "| | first step s | first chunk s | ms a step | CPU ms | ms a chunk | CPU ms |\n"
        "|---|---:|---:|---:|---:|---:|---:|\n"
    )
    for mode in (EAGER, DEFAULT, *([GRAPHS] if asked.device != "cpu" else [])):
        cells = _measured(work, mode, asked.repeats)
        sys.stdout.write(f"| {mode} | " + " | ".join(f"{cell:.3g}" for cell in cells) + " |\n")
        sys.stdout.flush()


def _measured(work: Work, mode: str, repeats: int) -> list[float]:
    """Seconds of the first step and chunk, then milliseconds (wall, CPU) of later steps and later chunks."""
    lane = Alone(work, 0, compiled_as=None if mode == EAGER else mode)
    first, later = [], []
    for act in ACTS:
        began = time.perf_counter()
        timed([lane], act, 0, work.device)  # which acts once and waits for it
        first.append(time.perf_counter() - began)
        span = timed([lane], act, repeats, work.device)
        later += [1e3 * (span.ended - span.began) / repeats, 1e3 * span.cpu / repeats]
    return first + later


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_work(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
