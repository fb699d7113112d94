"""The example notebook runs from top to bottom on a workspace."""

import subprocess
import sys

from exported_workspace import exported_workspace

from pft_tui.store.read import query


def test_the_example_runs(tmp_path, request):
    workspace = exported_workspace(tmp_path)
    script = request.config.rootpath / "examples" / "results.py"
    done = subprocess.run(
        [sys.executable, "-W", "error", script, tmp_path],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    [(delta,)] = query(workspace, "select delta from table1 where k = 2 and corpus = 'iemocap'").rows
    assert f"0  iemocap  2  {delta:.2f}" in done.stdout
    assert (tmp_path / "figure.svg").read_text().startswith("<?xml")
