"""Small workspaces with speech in them, and what the real `pft` finds around it there."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from pft_tui.demo.scale import Scale

SMALL = Scale(
    iemocap=60,
    msp_improv=60,
    msp_podcast=60,
    mandarin_speakers=4,
    mandarin_texts=2,
    esd_train=4,
    esd_evaluation=2,
    esd_test=2,
    shortest=0.4,
    longest=0.6,
)
SETTINGS = """\
[encoder]
name = "random:tiny"
[prefinetune]
epochs = 2
learning_rate = 1e-3
[finetune]
epochs = 4
patience = 2
learning_rate = 1e-3
[grid]
prefinetune_on = ["iemocap", "mandarin_as"]
shots = [2]
trials = 1
baselines = ["constant"]
[run]
devices = "cpu"
cpu_slots = 2
publish_seconds = 0.5
"""

Pft = Callable[..., subprocess.CompletedProcess[str]]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "120", "NO_COLOR": "1"}


def make_workspace(folder: Path, corpora: dict[str, Path], settings: str = SETTINGS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    roots = "".join(f'[corpora.{name}]\nroot = "{root}"\n' for name, root in corpora.items())
    (folder / "pft.toml").write_text(roots + settings)
    return folder
