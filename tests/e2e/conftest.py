"""Workspaces with small synthetic corpora, and the real `pft` run in them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pft_tui.demo.layouts import write_corpora
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
PFT = (sys.executable, "-c", "from pft_tui.cli.main import main; main()")

Pft = Callable[..., subprocess.CompletedProcess[str]]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "120", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The five synthetic corpora, small, by the names of their readers."""
    return write_corpora(tmp_path_factory.mktemp("speech") / "corpora", seed=0, scale=SMALL)


def make_workspace(folder: Path, corpora: dict[str, Path], settings: str = SETTINGS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    roots = "".join(f'[corpora.{name}]\nroot = "{root}"\n' for name, root in corpora.items())
    (folder / "pft.toml").write_text(roots + settings)
    return folder


@pytest.fixture
def workspace(tmp_path: Path, corpora: dict[str, Path]) -> Path:
    """A new workspace over the small corpora."""
    return make_workspace(tmp_path / "work", corpora)


@pytest.fixture(scope="session")
def pft() -> Pft:
    """Runs `pft ARGUMENTS` in a folder, to its end."""

    def run(folder: Path, *arguments: str, timeout: float = 200) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PFT, *arguments],
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
