"""What `pft plan` predicts of an experiment, beside what `pft run` then takes.

    python bench/plan.py [--workspace DIR]

Without a workspace it is the demo's, in a temporary folder. The workspace must not have been run. Prints
the time by the clock and of the processor, predicted and taken, as Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pft_tui.demo.layouts import write_corpora
from pft_tui.demo.workspace import write_settings

PFT = (sys.executable, "-c", "from pft_tui.cli.main import main; main()")


def main() -> None:
    """Plan, run, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--workspace", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pft-bench-") as folder:
        workspace = asked.workspace or Path(folder)
        if asked.workspace is None:
            write_settings(workspace, write_corpora(workspace / "corpora", seed=0), 0)
        plan_wall, _, said = _timed(workspace, "plan", "--again", "--json")
        wall, cpu, _ = _timed(workspace, "run")
    found = json.loads(said)
    seconds = found["seconds"]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; planning took {plan_wall:.0f} s\n")
    print("| | predicted | from | to | taken | predicted / taken |\n|---|---:|---:|---:|---:|---:|")
    print(
        f"| clock, s | {seconds['expected']:.0f} | {seconds['low']:.0f} | {seconds['high']:.0f} "
        f"| {wall:.0f} | {seconds['expected'] / wall:.2f} |"
    )
    processor = found["processor_seconds"]
    print(f"| processor, s | {processor:.0f} | | | {cpu:.0f} | {processor / cpu:.2f} |")


def _timed(workspace: Path, *arguments: str) -> tuple[float, float, str]:
    """Run `pft`; its time by the clock, the processor time of it and its workers, and its stdout."""
    before, start = _children(), time.perf_counter()
    done = subprocess.run([*PFT, *arguments], cwd=workspace, stdout=subprocess.PIPE, text=True, check=True)
    return time.perf_counter() - start, _children() - before, done.stdout


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
