"""The whole experiment through the real commands and processes, read with a stock DuckDB connection."""

import json
import os
import shutil
import signal
import statistics
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest
from noop_grids import PFT
from small_workspaces import Pft, environment, make_workspace

MODELS = 4
CELLS = 4 * 5  # speakers and emotions of the small ESD
TRIALS = (MODELS + 1) * CELLS  # and the constant baseline


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, corpora: dict[str, Path], pft: Pft) -> Path:
    """A workspace whose grid has run to its end without being disturbed."""
    folder = make_workspace(tmp_path_factory.mktemp("finished"), corpora)
    run = pft(folder, "run")
    assert run.returncode == 0, run.stderr
    return folder


def test_every_trial_of_the_grid_is_there_once_with_its_result_and_curve(finished: Path) -> None:
    trials = ask(finished, "select count(*), count(distinct trial_id), count(macro_f1) from trials")
    assert trials == [(TRIALS, TRIALS, TRIALS)]
    assert ask(finished, "select distinct status from trials") == [("finished",)]
    epochs, curves = ask(
        finished,
        "select sum(epochs), (select count(*) from metrics join trials on run_id = trial_id "
        "where name = 'val_macro_f1') from trials where method = 'finetune'",
    )[0]
    assert epochs == curves > 0
    doubled = (
        "select count(*) from (from metrics select run_id, epoch, name group by all having count(*) > 1)"
    )
    assert ask(finished, doubled) == [(0,)]


def test_the_models_are_the_power_set_and_load_with_stock_transformers(finished: Path) -> None:
    rows = ask(finished, "select corpus_set, model_id, status from models order by n_corpora, corpus_set")
    assert [row[0] for row in rows] == ["base", "iemocap", "mandarin_as", "iemocap+mandarin_as"]
    assert {row[2] for row in rows} == {"finished"}
    from transformers import AutoModel

    folder = finished / ".pft" / "models" / rows[3][1]
    assert AutoModel.from_pretrained(folder).config.hidden_size > 0
    assert set(json.loads((folder / "labels.json").read_text())) == {"iemocap", "mandarin_as"}


def test_all_models_meet_the_same_examples_and_half_of_them_are_positive(finished: Path) -> None:
    drawn = ask(
        finished,
        "select count(distinct examples), count(*) from trials where method = 'finetune' "
        "group by speaker, emotion, k, trial",
    )
    assert drawn == [(1, MODELS)] * CELLS
    labels = ask(
        finished,
        """
        with drawn as (
            select trial_id, emotion, unnest(examples) as id from trials where method = 'finetune'
        )
        select emotion, list(label = emotion) from drawn
        join utterances on utterance_id = id and corpus = 'esd'
        group by trial_id, emotion
        """,
    )
    assert len(labels) == MODELS * CELLS
    assert all(sorted(positive) == [False, True] for _, positive in labels)


def test_tables_are_what_plain_python_makes_of_the_trials(finished: Path, pft: Pft) -> None:
    scores = defaultdict(list)
    for corpus_set, speaker, emotion, f1 in ask(
        finished, "select corpus_set, speaker, emotion, macro_f1 from trials where method = 'finetune'"
    ):
        scores[corpus_set, (speaker, emotion)].append(f1)
    table1 = json.loads(pft(finished, "results", "table1", "--json").stdout)
    assert [row["corpus"] for row in table1] == ["iemocap", "mandarin_as"]
    for row in table1:
        other = {"iemocap": "mandarin_as", "mandarin_as": "iemocap"}[row["corpus"]]
        inside = statistics.fmean(f1 for key, f1s in scores.items() if key[0] == row["corpus"] for f1 in f1s)
        outside = statistics.fmean(f1 for key, f1s in scores.items() if key[0] == other for f1 in f1s)
        assert row["f1_in"] == pytest.approx(inside)
        assert row["f1_ex"] == pytest.approx(outside)
        assert row["delta"] == pytest.approx(inside - outside)
    figure2 = json.loads(pft(finished, "results", "figure2", "--json").stdout)
    one = [f1 for key, f1s in scores.items() if key[0] in ("iemocap", "mandarin_as") for f1 in f1s]
    row = next(row for row in figure2 if row["n_corpora"] == 1)
    assert row["mean_f1"] == pytest.approx(statistics.fmean(one))
    assert row["se_f1"] == pytest.approx(statistics.stdev(one) / len(one) ** 0.5)


def test_results_and_sql_print_in_every_format(finished: Path, pft: Pft) -> None:
    shapes = [(name, "table") for name in ("table1", "figure2", "figure3", "figure4", "powerset")]
    shapes += [("table1", form) for form in ("csv", "json", "jsonl", "markdown", "latex")]
    for name, form in shapes:
        shown = pft(finished, "results", name, "--format", form)
        assert shown.returncode == 0, shown.stderr
        assert len(shown.stdout.splitlines()) > 1
    counted = pft(finished, "sql", "select count(*) as n from trials", "--json")
    assert json.loads(counted.stdout) == [{"n": TRIALS}]


def test_every_result_names_what_it_was_computed_with(finished: Path) -> None:
    details = ask(
        finished, "select distinct details from environments join trials on environment_id = run_environment"
    )
    assert details
    for (text,) in details:
        environment = json.loads(text)
        assert {"python", "cpu", "device", "package:torch", "package:transformers"} <= set(environment)
    assert ask(finished, "select count(distinct seed), any_value(seed) from trials") == [(1, 0)]
    (configuration,) = ask(finished, "select detail from events where kind = 'configuration'")[0]
    assert json.loads(configuration)["prefinetune"]["epochs"] == 2
    assert json.loads(configuration)["prefinetune"]["warmup"] == 0.1
    assert ask(finished, "select count(*) from trials where device is null") == [(0,)]


def test_a_finished_grid_runs_nothing_again(finished: Path, pft: Pft) -> None:
    before = ask(finished, "select max(finished_at), count(*) from trials")
    assert pft(finished, "run").returncode == 0
    assert ask(finished, "select max(finished_at), count(*) from trials") == before


def wait_for(condition: Any, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def finished_trials(folder: Path) -> int:
    if not (folder / "pft.duckdb").exists():
        return 0
    return ask(folder, "select count(*) from trials where status = 'finished'")[0][0]


def workers_of(folder: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if (process.info["cmdline"] or [])[1:4] == ["-m", "pft_tui.worker", str(folder)]
    ]


def test_interrupted_and_killed_it_ends_with_the_same_numbers(
    finished: Path, workspace: Path, pft: Pft
) -> None:
    """Ctrl-C, then SIGKILL of a worker and of the run itself, SIGTERM; what finished never runs again."""

    def start(stderr: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*PFT, "run"], cwd=workspace, env=environment(), stderr=stderr, start_new_session=True
        )

    run = start(subprocess.PIPE)
    wait_for(lambda: finished_trials(workspace) >= 3)
    run.send_signal(signal.SIGINT)
    assert b"the same command goes on" in run.communicate(timeout=60)[1]
    assert run.returncode == 130
    assert workers_of(workspace) == []
    kept = dict(ask(workspace, "select trial_id, finished_at from trials where status = 'finished'"))
    assert 3 <= len(kept) < TRIALS
    assert ask(workspace, "select count(*) from jobs where state = 'running'") == [(0,)]

    run = start()
    wait_for(lambda: finished_trials(workspace) >= len(kept) + 3)
    workers_of(workspace)[0].kill()
    wait_for(lambda: finished_trials(workspace) >= len(kept) + 12)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()

    run = start()
    wait_for(lambda: finished_trials(workspace) >= len(kept) + 20)
    run.terminate()
    assert run.wait(timeout=60) == 130
    assert workers_of(workspace) == []

    last = pft(workspace, "run")
    assert last.returncode == 0, last.stderr
    assert workers_of(workspace) == []
    numbers = "select trial_id, macro_f1, epochs, best_epoch, examples from trials order by trial_id"
    assert ask(workspace, numbers) == ask(finished, numbers)
    again = dict(ask(workspace, "select trial_id, finished_at from trials"))
    assert {trial: again[trial] for trial in kept} == kept
    assert ask(workspace, "select count(*), count(distinct trial_id) from trials") == [(TRIALS, TRIALS)]
    curves = "select run_id, epoch, name, value from metrics where name <> 'seconds' order by all"
    assert ask(workspace, curves) == ask(finished, curves)


def test_a_damaged_model_is_named_with_the_remedy_and_the_other_models_go_on(
    finished: Path, tmp_path: Path, pft: Pft
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    model = ask(folder, "select model_id from models where corpus_set = 'iemocap'")[0][0]
    weights = folder / ".pft" / "models" / model / "model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)
    run = pft(folder, "run", "--set", "grid.trials=2")
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert f"{CELLS} jobs failed" in run.stderr
    assert f"delete {weights.parent}" in run.stderr
    assert ask(folder, "select count(*) from trials where status = 'finished'") == [(2 * TRIALS - CELLS,)]

    shutil.rmtree(weights.parent)
    run = pft(folder, "run", "--set", "grid.trials=2")
    assert run.returncode == 0, run.stderr
    assert ask(folder, "select count(*) from trials where status = 'finished'") == [(2 * TRIALS,)]
