"""What `torch.compile` does for a training step and an evaluation chunk, and what compiling takes.

    python bench/compiled.py [--encoder random:base] [--device cuda]

As the engine runs them, and compiled; on a GPU also with mode "reduce-overhead", which replays CUDA graphs.
One shape of input: in a bundle every width and number of utterances is compiled anew. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import torch
from packing import ACTS, Alone, Work, timed

from pft_tui.worker.environment import device_name

EAGER, DEFAULT, GRAPHS = "not compiled", "default", "reduce-overhead"


def main() -> None:
    """Measure what was asked for and show it."""
    asked = _arguments()
    torch.set_num_threads(asked.threads)
    work = Work(asked.encoder, asked.device, asked.precision, asked.group, asked.chunk, asked.seconds)
    sys.stdout.write(
        f"{work.encoder}, precision {work.precision}, steps over {work.group} and chunks of {work.chunk} "
        f"utterances of {work.seconds:g} s; {device_name(work.device)}, load {os.getloadavg()[0]:.1f}, "
        f"threads {asked.threads}, PyTorch {torch.__version__}\n\n"
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
    add = parser.add_argument
    add("--encoder", default="random:tiny", help="as encoder.name in pft.toml")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--precision", default="auto", choices=["auto", "fp32", "bf16"])
    add("--group", type=int, default=4, help="utterances of a training step")
    add("--chunk", type=int, default=5, help="utterances of an evaluation chunk")
    add("--seconds", type=float, default=3.0, help="of every utterance")
    add("--repeats", type=int, default=20, help="steps and chunks that are timed")
    add("--threads", type=int, default=1, help="threads of PyTorch")
    return parser.parse_args()


if __name__ == "__main__":
    main()
