"""`pft demo` itself, on all of its speech; a settings file that is there already keeps the grid small."""

import subprocess
from itertools import product
from pathlib import Path

import duckdb
import pytest
from small_workspaces import Pft

from pft_tui.demo.layouts import RELEASES

pytestmark = pytest.mark.slow

GRID = """\
[encoder]
name = "random:tiny"
[prefinetune]
epochs = 1
[finetune]
epochs = 2
learning_rate = 2e-3
[grid]
prefinetune_on = ["iemocap"]
speakers = ["0001", "0011"]
emotions = ["sad"]
shots = [2, 8]
trials = 1
seed = 4
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, pft: Pft) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A demo that has run to its end, and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    roots = {name: f"corpora/{release.FOLDER}" for name, release in RELEASES.items()}
    sections = "".join(f'[corpora.{name}]\nroot = "{root}"\n' for name, root in roots.items())
    (folder / "w").mkdir()
    (folder / "w" / "pft.toml").write_text(sections + GRID)
    return folder / "w", pft(folder, "demo", "w", "--seed", "4")


def test_the_demo_writes_its_speech_runs_the_grid_and_ends_with_tables(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, said = demo
    assert said.returncode == 0, said.stderr
    assert "Table 1" in said.stdout
    assert "Figure 2" in said.stdout
    assert f"cd {folder.name}" in said.stderr.partition("\nNext:\n")[2]
    with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
        rows = connection.execute("select corpus_set, speaker, k, status, seed from trials").fetchall()
    cells = product(("base", "iemocap"), ("0001", "0011"), (2, 8))
    assert sorted(rows) == [(*cell, "finished", 4) for cell in cells]


def test_the_demo_again_keeps_speech_settings_and_trials(
    demo: tuple[Path, subprocess.CompletedProcess[str]], pft: Pft
) -> None:
    folder, _ = demo
    wav = next((folder / "corpora").rglob("*.wav"))
    before = (wav.stat().st_mtime_ns, (folder / "pft.toml").read_text())
    finished = "select trial_id, finished_at from trials order by all"
    with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
        trials = connection.execute(finished).fetchall()
    again = pft(folder.parent, "demo", "w", "--seed", "4")
    assert again.returncode == 0, again.stderr
    assert (wav.stat().st_mtime_ns, (folder / "pft.toml").read_text()) == before
    with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
        assert connection.execute(finished).fetchall() == trials
