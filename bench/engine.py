"""The engine beside the Trainer of transformers, on the same data, with equal epochs.

    python bench/engine.py [--encoder random:base] [--device cuda] [--shots 2 8 24 64] [--json FILE]

A is the released way and A1 the same at true lengths, B a well-tuned Trainer, C one slot of the engine and
D all slots. A to C take turns, so that whatever else the machine does meets all of them. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from engine_data import Sizes, make_speaker, make_trials
from engine_phases import PHASES, Costs, phases
from engine_slots import Engine, run_in_slots
from engine_trainers import Released, Tuned
from torch.utils.flop_counter import FlopCounterMode
from transformers.utils import logging

from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.protocols import Recipe, recipe
from pft_tui.settings.model import FinetuneSettings
from pft_tui.specs import TrialSpec
from pft_tui.training.arithmetic import settled
from pft_tui.training.data import RATE, Passes, SpeakerData
from pft_tui.worker.environment import device_name

NAMES = {
    "A": "released way",
    "A1": "released way, true lengths",
    "B": "tuned Trainer",
    "C": "engine, one slot",
    "D": "engine, all slots",
}
BF16_PEAK = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "A6000": 155e12}
"""Dense bf16 operations a second, as the maker states them."""
PREDICTED_EPOCHS = 60
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds and CPU seconds of a trial, and the seconds of its phases."""

    wall: float
    cpu: float
    phases: dict[str, float]


def main() -> None:
    """Measure what was asked for and show it."""
    asked = _arguments()
    torch.set_num_threads(asked.threads)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.simplefilter("ignore")
    sizes = Sizes(max(asked.shots), asked.evaluation, asked.test, *asked.seconds)
    with tempfile.TemporaryDirectory(prefix="pft-bench-", dir=asked.scratch) as folder:
        bench = Bench(asked, sizes, Path(folder))
        results = [row for k in asked.shots for row in bench.rows(k)]
    about = {
        "device": device_name(asked.device),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}",
        "torch": torch.__version__,
        **{name: value for name, value in vars(asked).items() if name not in ("json", "scratch")},
    }
    _show(about, results)
    if asked.json:
        asked.json.write_text(json.dumps({"about": about, "rows": results}, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--encoder", default="random:tiny", help="as encoder.name in pft.toml")
    add("--protocol", default="paper", choices=["paper", "released", "frozen-cnn"])
    add("--precision", default="auto", choices=["auto", "fp32", "bf16"], help="of B, C and D")
    add("--ways", nargs="+", default=["A", "B", "C", "D"], choices=list(NAMES))
    add("--shots", nargs="+", type=int, default=[2, 8, 24, 64])
    add("--epochs", type=int, default=3, help="epochs of every trial")
    add("--trials", type=int, default=3, help="trials measured, of each way and k")
    add("--cold", action="store_true", help="no trial before those that are measured")
    add("--evaluation", type=int, default=100, help="utterances that a trial is validated on")
    add("--test", type=int, default=150, help="utterances that a trial is tested on")
    add("--seconds", nargs=2, type=float, default=[1.5, 4.5], help="the shortest and the longest utterance")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--threads", type=int, default=1, help="threads of A, B and C")
    add("--slots", type=int, default=2, help="processes of D, with one thread each")
    add("--scratch", type=Path, help="where the released way writes its checkpoints")
    add("--json", type=Path, metavar="FILE", help="write the results there as well")
    return parser.parse_args()


class Bench:
    """One encoder and one speaker, and the ways to fine-tune the one on the other."""

    def __init__(self, asked: argparse.Namespace, sizes: Sizes, folder: Path) -> None:
        self._asked, self._sizes, self._folder = asked, sizes, folder
        self._encoder, audio = folder / "encoder", folder / "audio"
        audio.mkdir()
        load_encoder(asked.encoder).save(self._encoder)
        self._data: SpeakerData = make_speaker(audio, sizes)
        self._ways = {name: way for name, way in self._make(audio).items() if name in asked.ways}

    def _make(self, audio: Path) -> dict[str, Callable[[TrialSpec], int]]:
        asked, data, encoder, folder = self._asked, self._data, self._encoder, self._folder
        device, freeze = asked.device, asked.protocol == "frozen-cnn"
        kind, host = load_encoder(asked.encoder), torch.device(device)
        passes = Passes.of(kind, host)  # B is given what suits C, and its arithmetic
        bf16 = settled(asked.precision, host, kind.hidden_size) == "bf16"
        batch = max(1, round(passes.most / RATE / asked.seconds[1]))
        return {
            "A": Released(data, encoder, audio, folder, device=device, pad=True).run,
            "A1": Released(data, encoder, audio, folder, device=device, pad=False).run,
            "B": Tuned(data, encoder, folder, freeze_cnn=freeze, device=device, batch=batch, bf16=bf16).run,
            "C": Engine(data, encoder, device=device).run,
        }

    def rows(self, k: int) -> list[Row]:
        """A row of results for each way."""
        asked = self._asked
        chosen: Recipe = recipe(
            FinetuneSettings(
                protocol=asked.protocol,
                epochs=asked.epochs,
                patience=asked.epochs,
                precision=asked.precision,
            ),
            k,
        )
        warm, *trials = make_trials(asked.protocol, chosen, k, range(asked.trials + 1))
        taken: dict[str, list[Measured]] = {name: [] for name in self._ways}
        if not asked.cold:
            for way in self._ways.values():
                self._timed(way, warm)
        for trial in trials:
            for name, way in self._ways.items():
                taken[name].append(self._timed(way, trial))
        rows = [self._row(name, k, taken[name], warm) for name in self._ways]
        if "D" in asked.ways:
            rows.append(self._all_slots(k, trials, rows))
        return rows

    def _timed(self, way: Callable[[TrialSpec], int], trial: TrialSpec, *, wait: bool = False) -> Measured:
        cpu = time.process_time()
        epochs, spent = phases(partial(way, trial), wait=wait)
        if epochs != trial.recipe.epochs:
            raise SystemExit(f"a trial ended after {epochs} of {trial.recipe.epochs} epochs")
        return Measured(sum(spent.values()), time.process_time() - cpu, spent)

    def _row(self, name: str, k: int, taken: list[Measured], warm: TrialSpec) -> Row:
        wall = statistics.median(trial.wall for trial in taken)
        spent = {name: statistics.median(trial.phases[name] for trial in taken) for name in PHASES}
        if self._asked.device != "cpu":
            spent = self._timed(self._ways[name], warm, wait=True).phases
        costs = Costs.of(spent, k=k, epochs=self._asked.epochs, sizes=self._sizes)
        costs = costs.scaled(wall / sum(spent.values()))
        return {
            "way": name,
            "k": k,
            "seconds": wall,
            "cpu_seconds": statistics.median(trial.cpu for trial in taken),
            "trials_per_hour": 3600 / wall,
            "phases": spent,
            "costs": asdict(costs),
            "hours_for_all": costs.hours(PREDICTED_EPOCHS),
            "share_of_bf16_peak": self._share_of_peak(k, wall),
        }

    def _all_slots(self, k: int, trials: list[TrialSpec], rows: list[Row]) -> Row:
        slots = self._asked.slots
        wall, cpu = run_in_slots(self._data, self._encoder, [trials] * slots, device=self._asked.device)
        each = wall / (slots * len(trials))
        alone = next((row for row in rows if row["way"] == "C"), None)
        return {
            "way": "D",
            "k": k,
            "seconds": each,
            "cpu_seconds": cpu / (slots * len(trials)),
            "trials_per_hour": 3600 / each,
            "phases": {},
            "costs": {},
            "hours_for_all": alone and alone["hours_for_all"] * each / alone["seconds"],
            "share_of_bf16_peak": self._share_of_peak(k, each),
        }

    def _share_of_peak(self, k: int, seconds: float) -> float | None:
        """The share of the GPU's bf16 peak that a trial's arithmetic at true lengths comes to."""
        peak = next((p for name, p in BF16_PEAK.items() if name in device_name(self._asked.device)), None)
        if peak is None:
            return None
        sizes, epochs = self._sizes, self._asked.epochs
        encoder, mean = load_encoder(self._asked.encoder), (sizes.shortest + sizes.longest) / 2
        with FlopCounterMode(display=False) as counted, torch.inference_mode():
            encoder(Ragged.full(torch.zeros(1, round(mean * RATE))))
        utterances = epochs * (3 * k + sizes.evaluation) + sizes.test
        return utterances * counted.get_total_flops() / seconds / peak


def _show(about: Mapping[str, Any], rows: list[Row]) -> None:
    lines = [
        f"{about['encoder']}, protocol `{about['protocol']}`, precision {about['precision']}, "
        f"{about['epochs']} epochs, utterances of {about['seconds'][0]:g} to {about['seconds'][1]:g} s, "
        f"{about['evaluation']} for validation, "
        f"{about['test']} for test; {about['device']}, {about['machine']}, threads {about['threads']}, "
        f"slots {about['slots']}, PyTorch {about['torch']}",
        "",
        "| k | way | s a trial | CPU s | trials/h | × A | × A, CPU | training s | evaluation s "
        "| checkpoints s | rest s | h for 33,600 | bf16 peak |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        first = next((other for other in rows if other["k"] == row["k"] and other["way"] == "A"), row)
        share, hours = row["share_of_bf16_peak"], row["hours_for_all"]
        cells = [
            str(row["k"]),
            f"{row['way']} {NAMES[row['way']]}",
            f"{row['seconds']:.3g}",
            f"{row['cpu_seconds']:.3g}",
            f"{row['trials_per_hour']:,.0f}",
            f"{first['seconds'] / row['seconds']:.1f}",
            f"{first['cpu_seconds'] / row['cpu_seconds']:.1f}",
            *(f"{row['phases'][name]:.3g}" if row["phases"] else "" for name in PHASES),
            f"{hours:,.0f}" if hours else "",
            f"{share:.1%}" if share else "",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
