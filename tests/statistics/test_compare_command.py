from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest
import typer
from compared_workspace import FAILED_CELL, SPEAKERS, compared_workspace, score
from typer.testing import CliRunner

from pft_tui.cli.compare import _groupings, _names, compare
from pft_tui.errors import StoreError, UsageError
from pft_tui.store.read import query

BOTH = ("iemocap", "mandarin_as")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return compared_workspace(tmp_path_factory.mktemp("compared"))


@pytest.fixture
def run(workspace):
    app = typer.Typer()
    app.command()(compare)

    def invoke(*arguments, folder=workspace.root):
        done = CliRunner().invoke(app, [*arguments, "--workspace", str(folder)])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return invoke


def mean_difference(cells):
    return np.mean([score(BOTH, *cell) - score((), *cell) for cell in cells if cell != FAILED_CELL])


def cells_of(k=None):
    ks = (2, 8) if k is None else (k,)
    return [(s, e, k, n) for s in SPEAKERS for e in ("Angry", "Sad") for k in ks for n in range(2)]


def test_numbers_are_those_of_the_trials_in_the_snapshot(run):
    done = run("all", "base", "--by", "k", "--json")
    small, large, overall = json.loads(done.stdout)
    assert (small["k"], large["k"], overall["k"]) == (2, 8, None)
    assert small["difference"] == pytest.approx(mean_difference(cells_of(2)))
    assert large["difference"] == pytest.approx(mean_difference(cells_of(8)))
    assert overall["difference"] == pytest.approx(mean_difference(cells_of()))
    assert (large["pairs"], large["possible"], large["speakers"]) == (15, 16, 4)
    assert (overall["pairs"], overall["possible"]) == (31, 32)
    assert overall["low"] < overall["difference"] < overall["high"]
    assert overall["p_smallest"] == 1 / 8


def test_differences_are_those_of_the_view_of_the_power_set(run, workspace):
    view = query(workspace, "select k, delta_vs_base, pairs from powerset where n_corpora = 2 order by k")
    rows = json.loads(run("all", "base", "--by", "k", "--json").stdout)[:-1]
    assert [(row["k"], pytest.approx(row["difference"]), row["pairs"]) for row in rows] == view.rows


def test_words_about_the_pairs_go_to_stderr(run):
    done = run("all", "base", "--format", "csv")
    assert done.stderr.splitlines() == ["31 of 32 pairs", "iemocap+mandarin_as: 1 failed"]
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert float(row["difference"]) == pytest.approx(mean_difference(cells_of()))


def test_missing_trials_are_listed(run):
    done = run("all", "base", "--missing", "--json")
    assert json.loads(done.stdout) == [
        {"speaker": "0011", "emotion": "Sad", "k": 8, "trial": 1, "seed": 0, "language": "English"}
        | {"status_a": "failed", "status_b": "finished"}
    ]
    assert json.loads(run("iemocap", "base", "--missing", "--json").stdout) == []


def test_a_table_to_read(run):
    lines = run("all", "base", "--by", "language,k").stdout.splitlines()
    assert lines[0] == "A = iemocap+mandarin_as, B = base: macro F1"
    assert lines[1] == "tiny on esd, protocol paper"
    assert "so few speakers differ that no p can be below 0.5" in lines[2]
    header = next(line for line in lines if line.startswith("Language"))
    words = " ".join(header.split())
    assert words == "Language k Pairs A B A − B 95 % interval p Holm d_z"
    rows = [line.split() for line in lines if line.startswith(("English ", "Mandarin ", "all "))]
    assert [row[:3] for row in rows] == [
        ["English", "2", "8"],
        ["English", "8", "7/8"],
        ["Mandarin", "2", "8"],
        ["Mandarin", "8", "8"],
        ["all", "all", "31/32"],
    ]
    assert rows[-1][5] == f"+{mean_difference(cells_of()):.4f}"


def test_tables_for_papers(run):
    latex = run("iemocap", "all-iemocap", "--by", "k", "--format", "latex").stdout
    assert r"\caption{A = iemocap, B = mandarin\_as: macro F1." in latex
    assert "$d_z$" in latex
    markdown = run("iemocap", "all-iemocap", "--by", "k", "--format", "markdown").stdout
    assert markdown.count("\n|") == 4 + 1
    assert "|   k | Pairs |" in markdown


def test_a_baseline_and_another_metric(run):
    (row,) = json.loads(run("base", "constant", "--metric", "accuracy", "--json").stdout)
    scores = [score((), *cell) for cell in cells_of()]
    assert row["mean_a"] == pytest.approx(np.mean(scores) + 0.1)
    assert row["mean_b"] == pytest.approx(0.43)


def test_one_speaker_a_row(run):
    rows = json.loads(run("all", "base", "--by", "speaker", "--json").stdout)
    assert [row["speaker"] for row in rows] == [*sorted(SPEAKERS), None]
    assert {row["p"] for row in rows[:-1]} == {None}
    assert "one speaker: no interval and no test" in run("all", "base", "--by", "speaker").stdout


def test_the_same_twice_is_the_same(run):
    assert (
        run("all", "base", "--by", "k,k", "--json").stdout == run("all", "base", "--by", "k", "--json").stdout
    )


def test_asked_wrongly(run, tmp_path):
    with pytest.raises(UsageError, match="cannot be grouped by 'shots'"):
        run("all", "base", "--by", "shots")
    with pytest.raises(UsageError, match="no trials of esd"):
        run("esd", "base")
    (tmp_path / "pft.toml").write_text("")
    with pytest.raises(StoreError, match="nothing has been run yet"):
        run("all", "base", folder=tmp_path)


def test_settings_are_told_apart(run, tmp_path):
    two = compared_workspace(tmp_path, protocols=("paper", "released")).root
    with pytest.raises(UsageError, match="several settings"):
        run("all", "base", folder=two)
    done = run("all", "base", "--protocol", "paper", "--json", folder=two)
    assert json.loads(done.stdout)[0]["possible"] == 32


def test_a_file_is_written_in_the_format_of_its_name(run, tmp_path):
    file = tmp_path / "compared.csv"
    assert run("all", "base", "--output", str(file)).stdout == ""
    assert len(list(csv.reader(file.read_text().splitlines()))) == 2


def test_names_complete_from_the_snapshot(workspace, tmp_path):
    def complete(incomplete, folder):
        context = typer.Context(typer.main.get_command(typer.Typer(callback=lambda: None)))
        context.params["workspace"] = folder
        return _names(context, incomplete)

    assert complete("a", workspace.root) == ["all", "all-iemocap", "all-mandarin_as"]
    assert complete("iem", workspace.root) == ["iemocap", "iemocap+mandarin_as"]
    assert complete("", tmp_path) == []


def test_groupings_complete_one_after_the_other():
    assert _groupings("") == ["k", "language", "emotion", "speaker"]
    assert _groupings("k,") == ["k,language", "k,emotion", "k,speaker"]
    assert _groupings("k,em") == ["k,emotion"]


def test_the_command_imports_nothing_heavy():
    code = "import sys, pft_tui.cli.compare; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "duckdb", "scipy", "numpy", "plotext"} & set(loaded.stdout.split())
