"""What the benches of the queue share: grids of the paper's size, a daemon of their own, a table or JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations, product
from pathlib import Path
from typing import Any

import psutil

from pft_tui.daemon.client import ask, ensure_running, is_running
from pft_tui.daemon.handover import write_grid
from pft_tui.grid import Grid
from pft_tui.paths import Workspace
from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec

CORPORA = ("iemocap", "mandarin_as", "msp_improv", "msp_podcast")
SPEAKERS = [f"{number:04}" for number in range(1, 21)]
EMOTIONS = ("Angry", "Happy", "Neutral", "Sad", "Surprise")
SHOTS = (2, 4, 8, 16, 24, 32, 64)
DRAWS = 3
ESD = CorpusRef("esd", "e" * 32)
SETTINGS = '[run]\ndevices = "cpu"\ncpu_slots = {slots}\npublish_seconds = 2.0\n'
Row = dict[str, Any]


def paper_grid() -> Grid:
    """The paper's experiment: 16 models (15 to pre-finetune) and 33,600 trials."""
    refs = {name: CorpusRef(name, f"digest of {name}") for name in CORPORA}
    encoder = EncoderSpec("facebook/wav2vec2-base", None, "f" * 16)
    models = [
        ModelSpec(encoder, tuple(refs[name] for name in names), PrefinetuneSettings() if names else None, 0)
        for size in range(len(CORPORA) + 1)
        for names in combinations(CORPORA, size)
    ]
    cells = product(models, SPEAKERS, EMOTIONS, SHOTS, range(DRAWS))
    trials = [
        _trial(model.model_id, "finetune", speaker, emotion, k, draw)
        for model, speaker, emotion, k, draw in cells
    ]
    return Grid((*refs.values(), ESD), tuple(models), tuple(trials))


def noop_grid(trials: int) -> Grid:
    """So many trials that compute nothing, as many to a speaker as the paper's bundles hold (105)."""
    cells = product(range(-(-trials // 105)), EMOTIONS, SHOTS, range(DRAWS))
    made = [_trial(None, "noop", f"{speaker:05}", emotion, k, draw) for speaker, emotion, k, draw in cells]
    return Grid((), (), tuple(made[:trials]))


def _trial(model_id: str | None, method: Any, speaker: str, emotion: str, k: int, draw: int) -> TrialSpec:  # noqa: ANN401 - a literal of the specs
    recipe = Recipe(epochs=60)
    return TrialSpec(model_id, method, "paper", recipe, ESD, speaker, "English", emotion, k, draw, 0)


@contextmanager
def workspace_of(slots: int, more: str = "") -> Iterator[Workspace]:
    """A new workspace, which goes when this ends; `more` is added to the section [run]."""
    workspace = Workspace(Path(tempfile.mkdtemp(prefix="pft-bench-")))
    workspace.settings_file.write_text(SETTINGS.format(slots=slots) + more)
    try:
        yield workspace
    finally:
        shutil.rmtree(workspace.root, ignore_errors=True)


@contextmanager
def daemon(slots: int = 1, more: str = "") -> Iterator[Workspace]:
    """A daemon in a new workspace, which goes when this ends; `more` is added to the section [run]."""
    with workspace_of(slots, more) as workspace:
        ensure_running(workspace)
        try:
            yield workspace
        finally:
            ask(workspace, "down", now=True)
            while is_running(workspace):
                time.sleep(0.05)
            time.sleep(0.5)


def enqueue(workspace: Workspace, grid: Grid) -> None:
    """Hand a grid to the daemon, as `pft queue` does."""
    ask(workspace, "enqueue", token=write_grid(workspace, grid))


def milliseconds(call: Callable[[], object], times: int) -> list[float]:
    """How long each of so many calls took."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - began))
    return taken


def cpu_seconds(workspace: Workspace) -> float:
    """The processor time that the daemon has taken so far; other work on the machine hardly changes it."""
    times = psutil.Process(ask(workspace, "status")["pid"]).cpu_times()
    return float(times.user + times.system)


def p95(values: Sequence[float]) -> float:
    """The value that 95 % of the values do not exceed."""
    return statistics.quantiles(values, n=20)[-1]


def show(title: str, rows: Sequence[Row], *, as_json: bool | None = None) -> None:
    """Print rows of `what`, `measured`, `target` and `unit` as a table, or as JSON.

    Without `as_json` the command line says which: `--json`.
    """
    if as_json is None:
        parser = argparse.ArgumentParser(description=title)
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
        as_json = parser.parse_args().json
    machine = f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}"
    if as_json:
        json.dump({"bench": title, "machine": machine, "rows": rows}, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return
    sys.stdout.write(f"{title} ({machine})\n")
    for row in rows:
        target = f"target {row['target']:g}" if row["target"] is not None else ""
        sys.stdout.write(f"{row['what']:<64}{row['measured']:>10,.2f} {row['unit']:<6} {target}\n")


def row(what: str, measured: float, unit: str, target: float | None = None) -> Row:
    """One measurement, with the most (or, of a rate, the least) that it should be."""
    return {"what": what, "measured": round(measured, 2), "unit": unit, "target": target}
