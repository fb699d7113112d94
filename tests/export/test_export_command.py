"""`pft export`: whole tables that read back as they are, and files that are whole or not there."""

import csv
import json
import os
import re
import subprocess
import sys

import pandas
import pytest
import typer
from exported_workspace import exported_workspace
from typer.testing import CliRunner

from pft_tui.cli.export import _matching, export
from pft_tui.cli.imports import import_trials
from pft_tui.errors import StoreError, UsageError
from pft_tui.paths import Workspace
from pft_tui.store.read import query

app = typer.Typer()
app.command()(export)
app.command("import")(import_trials)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return exported_workspace(tmp_path_factory.mktemp("complete"))


@pytest.fixture(scope="module")
def two_settings(tmp_path_factory):
    return exported_workspace(tmp_path_factory.mktemp("settings"), protocols=("paper", "released"))


def pft(workspace, *arguments):
    """What a command says on stderr; an error of ours is raised."""
    outcome = CliRunner().invoke(app, [*map(str, arguments), "--workspace", str(workspace.root)])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout == ""
    return outcome.stderr


def rows_of(workspace, name):
    table = query(workspace, f"from {name}")
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_exported_curves_can_be_asked_beside_ones_own(workspace, tmp_path, monkeypatch, request):
    docs = (request.config.rootpath / "docs" / "results.md").read_text()
    (question,) = re.findall(r"```sql\n(.*?)```", docs, re.DOTALL)
    pft(workspace, "export", "models", "metrics", "-o", f"{tmp_path}/")
    monkeypatch.chdir(tmp_path)
    rows = query(workspace, question).rows
    ours, theirs = ([row[1:] for row in rows if row[0] == whose] for whose in ("ours", "theirs"))
    assert ours == theirs
    assert sorted(ours) == [
        (corpora, epoch, 1.5 / epoch)
        for corpora in ("iemocap", "iemocap+msp_podcast", "msp_podcast")
        for epoch in (1, 2, 3)
    ]


def test_parquet_holds_every_value_as_it_is(workspace, tmp_path):
    said = pft(workspace, "export", "trials", "-o", tmp_path / "trials.parquet")
    assert said == f"wrote {tmp_path / 'trials.parquet'}: 96 rows\n"
    table = pandas.read_parquet(tmp_path / "trials.parquet")
    expected = rows_of(workspace, "trials")
    assert list(table.columns) == list(expected[0])
    for found, row in zip(table.to_dict("records"), expected, strict=True):
        assert found["macro_f1"] == row["macro_f1"] or row["macro_f1"] is None
        assert list(found["corpora"]) == row["corpora"]
        assert (found["trial_id"], found["k"], found["status"]) == (row["trial_id"], row["k"], row["status"])
        assert row["examples"] is None or list(found["examples"]) == row["examples"]
        assert row["finished_at"] is None or found["finished_at"] == pandas.Timestamp(row["finished_at"])


def test_csv_and_json_lines_have_the_same_rows(workspace, tmp_path):
    pft(workspace, "export", "trials", "-o", tmp_path / "trials.csv")
    pft(workspace, "export", "trials", "-o", tmp_path / "trials.jsonl")
    with (tmp_path / "trials.csv").open(newline="") as file:
        records = list(csv.DictReader(file))
    objects = [json.loads(line) for line in (tmp_path / "trials.jsonl").read_text().splitlines()]
    expected = rows_of(workspace, "trials")
    assert len(records) == len(objects) == len(expected) == 96
    for record, found, row in zip(records, objects, expected, strict=True):
        assert json.loads(record["corpora"]) == found["corpora"] == row["corpora"]
        assert json.loads(record["examples"] or "null") == found.get("examples") == row["examples"]
        assert float(record["macro_f1"] or -1) == (row["macro_f1"] or -1)
        assert found.get("macro_f1") == row["macro_f1"]
        assert record["error"] == (row["error"] or "")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_is_exported_can_be_imported_elsewhere(workspace, tmp_path, suffix):
    file = tmp_path / f"trials.{suffix}"
    pft(workspace, "export", "trials", "-o", file)
    (tmp_path / "pft.toml").touch()
    other = Workspace(tmp_path)
    pft(other, "import", file, "--source", "lab")
    columns = (
        "corpus_set, speaker, language, emotion, k, trial, seed, status, epochs, best_epoch, val_macro_f1,"
        " accuracy, macro_f1, weighted_f1, seconds, device, examples, error, started_at, finished_at"
    )
    sql = f"select {columns} from trials order by corpus_set, speaker, emotion, k, trial"
    assert query(other, sql).rows == query(workspace, sql).rows
    sql = "select k, n_corpora, trials, mean_f1, se_f1, expected from figure2"
    for here, there in zip(query(workspace, sql).rows, query(other, sql).rows, strict=True):
        assert there == pytest.approx(here)


def test_views_can_be_computed_again_from_an_export(workspace, tmp_path):
    pft(workspace, "export", "trials", "figure2", "-o", tmp_path)
    trials = pandas.read_parquet(tmp_path / "trials.parquet")
    groups = trials[trials.status == "finished"].groupby(["k", "n_corpora"]).macro_f1
    view = pandas.read_parquet(tmp_path / "figure2.parquet").set_index(["k", "n_corpora"])
    assert view.mean_f1.to_dict() == pytest.approx(groups.mean().to_dict())
    assert view.se_f1.to_dict() == pytest.approx(groups.sem().to_dict())
    assert view.trials.to_dict() == groups.size().to_dict()
    assert view.expected.to_dict() == trials.groupby(["k", "n_corpora"]).size().to_dict()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_every_table_goes_into_a_folder(workspace, tmp_path, form):
    pft(workspace, "export", "tables", "-o", tmp_path / "new" / "folder", "--format", form)
    names = query(workspace, "select table_name from information_schema.tables where table_schema = 'main'")
    files = {path.name for path in (tmp_path / "new" / "folder").iterdir()}
    assert files == {f"{name}.{form}" for (name,) in names.rows}
    assert f"environments.{form}" in files


def test_tables_for_papers_and_statistics(workspace, tmp_path):
    pft(workspace, "export", "table1", "-o", tmp_path / "table1.tex")
    assert r"\toprule" in (tmp_path / "table1.tex").read_text()
    pft(workspace, "export", "table1", "shapley", "-o", tmp_path, "--format", "markdown")
    assert "| Shapley value |" in (tmp_path / "shapley.md").read_text()
    pft(workspace, "export", "shapley", "-o", tmp_path / "shapley.csv")
    assert (tmp_path / "shapley.csv").read_text().startswith("k,corpus,shapley,se")
    pft(workspace, "export", "shapley", "best_sets", "-o", tmp_path)
    stored, shown = (
        pandas.read_parquet(tmp_path / "shapley.parquet"),
        pandas.read_csv(tmp_path / "shapley.csv"),
    )
    pandas.testing.assert_frame_equal(stored, shown, check_dtype=False)
    assert (stored.dtypes["k"], stored.dtypes["shapley"]) == ("int64", "float64")
    assert (tmp_path / "best_sets.parquet").exists()


def test_a_setting_can_be_chosen(two_settings, tmp_path):
    pft(two_settings, "export", "trials", "-o", tmp_path / "all.csv")
    pft(two_settings, "export", "trials", "-o", tmp_path / "paper.csv", "--protocol", "paper")
    assert len(pandas.read_csv(tmp_path / "all.csv")) == 2 * len(pandas.read_csv(tmp_path / "paper.csv"))
    with pytest.raises(UsageError, match="metrics has no protocol"):
        pft(two_settings, "export", "metrics", "-o", tmp_path / "metrics.csv", "--protocol", "paper")


def test_names_with_quotes_are_names(workspace, tmp_path):
    (tmp_path / "it's").mkdir()
    pft(workspace, "export", "table1", "-o", tmp_path / "it's" / "it's.csv", "--protocol", "paper")
    assert len(pandas.read_csv(tmp_path / "it's" / "it's.csv")) == 4
    pft(workspace, "export", "table1", "-o", tmp_path / "none.csv", "--protocol", "pa'per")
    assert (tmp_path / "none.csv").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing", "-o", "x.csv"], "there is no table or view 'nothing'"),
        (["private.jobs", "-o", "x.csv"], "there is no table or view 'private.jobs'"),
        (["trials", "-o", "x.xlsx"], "x.xlsx names no format"),
        (["trials", "-o", "x.html"], "trials cannot be written as html"),
        (["report", "-o", "x.csv"], "report cannot be written as csv"),
        (["trials", "-o", "x.svg"], "no table or figure called 'trials'"),
        (["table1", "-o", "x.svg"], "table1 has no figure"),
        (["trials", "-o", "x.tex"], "no table or figure called 'trials'"),
        (["figure2", "-o", "/dev/null/x/"], "cannot make the folder"),
    ],
)
def test_wrong_usage_is_told(workspace, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        pft(workspace, "export", *arguments)
    assert words in caught.value.message
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_where_the_new_one_cannot_be_made(workspace, tmp_path):
    target = tmp_path / "folder"
    (target / "trials.csv").mkdir(parents=True)
    (target / "trials.csv" / "kept").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        pft(workspace, "export", "trials", "-o", target, "--format", "csv")
    with pytest.raises(StoreError, match="cannot be written"):
        pft(workspace, "export", "table1", "-o", tmp_path / "absent" / "table1.tex")
    assert os.listdir(target) == ["trials.csv"]  # noqa: PTH208
    assert (target / "trials.csv" / "kept").exists()
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(StoreError, match="it is no file"):
        pft(workspace, "export", "trials", "-o", tmp_path / "pipe.csv")
    assert (tmp_path / "pipe.csv").is_fifo()


def test_names_complete():
    assert _matching("figure") == ["figure2", "figure3", "figure4"]
    assert {"report", "tables", "trials"} <= set(_matching(""))


def test_importing_the_commands_is_cheap():
    program = (
        "import sys, pft_tui.cli.export, pft_tui.cli.imports;"
        "print(*{'duckdb', 'torch', 'plotext', 'numpy', 'matplotlib', 'pydantic'} & set(sys.modules))"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == ""
