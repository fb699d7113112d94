"""What frozen parts of encoders gave is kept in a workspace, and changes no result."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from small_workspaces import SETTINGS, Pft, make_workspace

FLAGS = (
    "finetune.protocol=head",
    "prefinetune.freeze_cnn=true",
    "grid.subsets=['base', 'iemocap']",
    "grid.speakers=['0001']",
)
SCORES = "select corpus_set, emotion, k, trial, macro_f1, val_macro_f1, epochs from trials order by all"


@pytest.mark.slow
def test_probes_read_what_was_kept_and_score_the_same(
    tmp_path: Path, corpora: dict[str, Path], pft: Pft
) -> None:
    folder = make_workspace(tmp_path / "work", corpora, SETTINGS.replace('["constant"]', "[]"))

    def run(*more: str) -> list[tuple[object, ...]]:
        flags = (part for flag in (*FLAGS, *more) for part in ("--set", flag))
        found = pft(folder, "run", *flags)
        assert found.returncode == 0, found.stderr
        with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
            return connection.execute(SCORES).fetchall()

    first = run()
    kept = folder / ".pft" / "features"
    files = [path for path in kept.rglob("*") if path.is_file()]
    assert len({path.parent for path in files}) == 3  # of one CNN, and of the layers of two models
    size = sum(path.stat().st_size for path in files)
    said = json.loads(pft(folder, "status", "--json").stdout)
    assert said["feature_cache_bytes"] == size
    assert f"feature cache: {size / 2**30:.2f} GiB" in pft(folder, "doctor").stdout
    forget_trials(folder)
    times = {path: path.stat().st_mtime_ns for path in files}
    assert run() == first  # anew, from what was kept
    again = [path for path in kept.rglob("*") if path.is_file()]
    assert sorted(again) == sorted(files)
    assert all(path.stat().st_mtime_ns > times[path] for path in files if path.parent != _of_cnn(files))
    shutil.rmtree(kept)
    forget_trials(folder)
    assert run("run.feature_cache=0") == first
    assert not kept.exists()


def forget_trials(folder: Path) -> None:
    (folder / "pft.duckdb").unlink()
    (folder / ".pft" / "store.duckdb").unlink()
    shutil.rmtree(folder / ".pft" / "spool")


def _of_cnn(files: list[Path]) -> Path:
    """The shelf of the CNN's output, which whoever finds the layers' has no use for: the largest."""
    shelves = {path.parent for path in files}
    return max(shelves, key=lambda shelf: sum(path.stat().st_size for path in shelf.iterdir()))
