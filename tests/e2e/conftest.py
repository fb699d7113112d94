"""Workspaces with small synthetic corpora, and the real `pft` run in them."""

import subprocess
from pathlib import Path

import pytest
from noop_grids import PFT
from small_workspaces import SMALL, Pft, environment, make_workspace

from pft_tui.demo.layouts import write_corpora


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The five synthetic corpora, small, by the names of their readers."""
    return write_corpora(tmp_path_factory.mktemp("speech") / "corpora", seed=0, scale=SMALL)


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
