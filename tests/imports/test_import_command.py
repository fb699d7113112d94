"""`pft import`: whole or not at all, a setting of its own, with and without a run under way."""

import json
import signal
import subprocess
import sys
import time
from contextlib import closing

import pandas
import pytest
import typer
from foreign_files import HEADER, released_rows, write_csv
from typer.testing import CliRunner

from pft_tui.cli.imports import import_trials
from pft_tui.cli.results import results
from pft_tui.cli.sql import sql
from pft_tui.errors import PftError, StoreError, UsageError
from pft_tui.events import JobFinished, JobStarted, Spool, TrialResult
from pft_tui.paths import Workspace
from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec
from pft_tui.store.owner import Store
from pft_tui.store.read import query

app = typer.Typer()
app.command("import")(import_trials)
app.command()(results)
app.command()(sql)

OWN_RUN = """
import sys, time
from pathlib import Path
from pft_tui.paths import Workspace
from pft_tui.store.owner import Store
store = Store.open(Workspace(Path(sys.argv[1])))
print("open", flush=True)
sys.stdin.readline()
while store.ingest().lines:
    pass
store.publish()
store.close()
"""


@pytest.fixture
def workspace(tmp_path):
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "pft.toml").touch()
    return Workspace(root)


@pytest.fixture
def released(tmp_path):
    path = tmp_path / "scaled_esd_downstream.csv"
    write_csv(path, released_rows())
    return path


def pft(workspace, *arguments):
    """What a command prints to stdout and to stderr; an error of ours is raised."""
    outcome = CliRunner().invoke(app, [*map(str, arguments), "--workspace", str(workspace.root)])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout, outcome.stderr


def rows(workspace, sql):
    return query(workspace, sql).rows


def own_trials(workspace, protocol="released", *, failing=()):
    """Finished trials of this workspace's own, of an encoder and a protocol called like the paper's."""
    encoder = EncoderSpec("facebook/wav2vec2-base", None, "f00d")
    model, esd = ModelSpec(encoder, (), None, 0), CorpusRef("esd", "d")
    trials = [
        TrialSpec(
            model.model_id, "finetune", protocol, Recipe(), esd, "0011", "English", "angry", 2, trial, 0
        )
        for trial in range(4)
    ]
    events = []
    for place, trial in enumerate(trials):
        events.append(JobStarted(trial.trial_id, "w", 1, 1e9))
        if place not in failing:
            scores = (0.5, 0.6, 0.5 + place / 10, 0.7)
            events.append(
                TrialResult(trial.trial_id, 9, 4, *scores, 1.5, "cpu", ["a", 'b,"c'], "e", 1e9, 1e9 + place)
            )
            events.append(JobFinished(trial.trial_id, 1e9 + 9))
    with closing(Store.open(workspace)) as store:
        store.enqueue([], [model], trials, exclusive=False)
        with Spool(workspace.spool / f"{time.time_ns()}.jsonl") as spool:
            spool.append(events)
        store.ingest()
        store.publish()


def test_the_tables_are_those_that_pandas_finds(workspace, released):
    pft(workspace, "import", released, "--source", "paper")
    table = pandas.read_csv(released, dtype={"speaker": str})
    table["n"] = table.corpora.map(lambda name: 0 if name == "base" else name.count("-") + 1)
    groups = table.groupby(["k", "n"]).macro_f1
    expected = pandas.DataFrame({"mean": groups.mean(), "se": groups.sem(), "trials": groups.size()})
    found = rows(workspace, "select k, n_corpora, mean_f1, se_f1, trials from figure2 order by all")
    assert len(found) == 3 * 5
    for k, n, *values in found:
        assert values == pytest.approx(list(expected.loc[(k, n)]))
    powerset = dict(rows(workspace, "select corpus_set, mean_f1 from powerset where k = 8"))
    assert powerset["mandarin_as+msp_improv"] == pytest.approx(
        table[(table.k == 8) & (table.corpora == "msp_improv-mandarin_aff")].macro_f1.mean()
    )
    base = table[table.n == 0].macro_f1.mean()
    every = table[table.n == 4].macro_f1.mean()
    [(no_pft, all_pft)] = rows(workspace, "select avg(no_pft), avg(all_pft) from figure4")
    assert (no_pft, all_pft) == (pytest.approx(base), pytest.approx(every))
    assert rows(workspace, "select count(*) from table1_vs_paper") == [(4 + 4 + 1,)]


def test_imported_trials_never_share_a_row_with_ones_own(workspace, released):
    own_trials(workspace)
    pft(workspace, "import", released, "--source", "paper")
    assert rows(
        workspace,
        "select distinct protocol, encoder, downstream, source is null from trials order by all",
    ) == [
        ("released", "facebook/wav2vec2-base", "esd", True),
        ("released@paper", "facebook/wav2vec2-base", "esd", False),
    ]
    assert rows(workspace, "select trials, expected from figure2 where protocol = 'released'") == [(4, 4)]
    assert rows(workspace, "select sum(trials) from figure2 where protocol <> 'released'") == [(1152,)]
    shown, _ = pft(workspace, "results", "figure2", "--no-plot")
    assert "protocol released@paper: all 1,152 trials finished" in shown
    assert "protocol released: all 4 trials finished" in shown


def test_what_is_said(workspace, released):
    shown, words = pft(workspace, "import", released, "--encoder", "mine")
    assert shown == ""
    assert words.splitlines() == [
        "scaled_esd_downstream.csv: results of the paper's released code",
        "1,152 trials of mine on esd, protocol released@scaled_esd_downstream",
        "16 models, 4 speakers",
        "their weighted F1 is left out: it weighs classes by predictions, not by labels",
        "imported",
    ]
    assert rows(workspace, "select kind, subject, detail from events where kind = 'trials_imported'") == [
        ("trials_imported", "scaled_esd_downstream", "1152 trials of scaled_esd_downstream.csv")
    ]


def test_a_dry_run_changes_nothing(workspace, released):
    assert "would be imported" in pft(workspace, "import", released, "--dry-run")[1]
    assert [path.name for path in workspace.root.iterdir()] == ["pft.toml"]
    pft(workspace, "import", released)
    with pytest.raises(StoreError, match="1,152 of the 1,152 trials are in this workspace already"):
        pft(workspace, "import", released, "--dry-run")


def test_a_file_with_a_bad_row_is_not_imported_at_all(workspace, tmp_path):
    lines = list(released_rows())
    lines[100][7] = "high"
    lines[200] = lines[100][:3]
    write_csv(tmp_path / "bad.csv", lines)
    with pytest.raises(PftError) as caught:
        pft(workspace, "import", tmp_path / "bad.csv")
    first, second = caught.value.message.splitlines()
    assert f"{tmp_path / 'bad.csv'}, line 102: macro_f1 = 'high'" in first
    assert "line 202: 3 fields, where the header has 9" in second
    assert not workspace.snapshot.exists()


def test_many_bad_rows_are_counted(workspace, tmp_path):
    write_csv(tmp_path / "bad.csv", [[*row[:-1], "x"] for row in released_rows()])
    with pytest.raises(PftError, match="and 1,102 more"):
        pft(workspace, "import", tmp_path / "bad.csv")


def test_duplicates_are_refused_until_they_replace(workspace, released, tmp_path):
    pft(workspace, "import", released, "--source", "paper")
    more = [*released_rows(), *released_rows(speakers=("0020",))]
    write_csv(tmp_path / "more.csv", more)
    with pytest.raises(StoreError, match="1,152 of the 1,440 trials") as caught:
        pft(workspace, "import", tmp_path / "more.csv", "--source", "paper")
    assert "--replace" in caught.value.hint
    assert rows(workspace, "select count(*) from trials") == [(1152,)]
    pft(workspace, "import", released, "--source", "again")
    pft(workspace, "import", tmp_path / "more.csv", "--source", "paper", "--replace")
    assert rows(workspace, "select source, count(*) from trials group by all order by all") == [
        ("again", 1152),
        ("paper", 1440),
    ]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_trials_of_another_workspace(workspace, tmp_path, suffix):
    other = Workspace(tmp_path / "other")
    other.root.mkdir()
    (other.root / "pft.toml").touch()
    own_trials(other, "paper", failing=(3,))
    file = tmp_path / f"trials.{suffix}"
    if suffix == "csv":
        pft(other, "sql", "from trials", "-o", file)
    else:
        table = query(other, "from trials")
        pandas.DataFrame(table.rows, columns=table.columns).convert_dtypes().to_parquet(file)
    _, words = pft(workspace, "import", file, "--source", "lab")
    assert "1 left out: running" in words
    kept = (
        "select corpora, corpus_set, n_corpora, method, encoder, downstream, speaker, language, emotion, k,"
        " trial, seed, status, epochs, best_epoch, val_macro_f1, accuracy, macro_f1, weighted_f1, seconds,"
        " device, examples, started_at, finished_at from trials where status = 'finished' order by trial"
    )
    assert rows(workspace, kept) == rows(other, kept)
    assert len(rows(other, kept)) == 3
    assert rows(workspace, "select distinct protocol, source, superseded, attempts from trials") == [
        ("paper@lab", "lab", False, None)
    ]
    with pytest.raises(StoreError, match="3 of the 3 trials are in this workspace already"):
        pft(other, "import", file, "--source", "self")
    assert rows(other, "select count(*) from trials where source is not null") == [(0,)]


def test_trials_that_were_imported_are_not_passed_on(workspace, released, tmp_path):
    pft(workspace, "import", released)
    pft(workspace, "sql", "from trials", "-o", tmp_path / "trials.csv")
    with pytest.raises(PftError, match="holds no trial that has ended"):
        pft(workspace, "import", tmp_path / "trials.csv")


def test_a_run_under_way_takes_them_in(workspace, released):
    run = subprocess.Popen(
        [sys.executable, "-c", OWN_RUN, workspace.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert run.stdout.readline() == b"open\n"
        _, words = pft(workspace, "import", released)
        assert words.endswith("handed to the run under way, which takes them in within seconds\n")
        assert len(list(workspace.spool.iterdir())) == 1
        run.communicate(b"\n", timeout=60)
    finally:
        run.kill()
        run.wait()
    assert rows(workspace, "select count(*), count(distinct trial_id) from trials") == [(1152, 1152)]


def test_two_imports_on_one_run_count_once(workspace, released):
    """The second passes the check against the snapshot, which does not know the first one yet."""
    run = subprocess.Popen(
        [sys.executable, "-c", OWN_RUN, workspace.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert run.stdout.readline() == b"open\n"
        pft(workspace, "import", released)
        pft(workspace, "import", released)
        run.communicate(b"\n", timeout=60)
    finally:
        run.kill()
        run.wait()
    assert rows(workspace, "select count(*) from trials") == [(1152,)]
    assert rows(workspace, "select detail from events where kind = 'import_refused'") == [
        ("1152 trials of scaled_esd_downstream.csv, 1152 of them known already",)
    ]


def test_an_import_that_is_killed_leaves_nothing_or_all(workspace, released):
    """At whatever moment it is killed, the workspace has no trial of it or every one."""
    code = "from pft_tui.cli.main import main; main()"
    program = [sys.executable, "-c", code, "import", str(released), "-w", str(workspace.root)]
    begun = time.monotonic()
    subprocess.run(program, check=True, capture_output=True)
    took = time.monotonic() - begun
    assert rows(workspace, "select count(*) from trials") == [(1152,)]
    for source, share in (("a", 0.8), ("b", 0.95)):
        process = subprocess.Popen([*program, "--source", source], stderr=subprocess.DEVNULL)
        time.sleep(took * share)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with closing(Store.open(workspace)) as store:
            store.publish()
        assert rows(workspace, f"select count(*) from trials where source = '{source}'") in (
            [(0,)],
            [(1152,)],
        )


def test_names_of_sources(workspace, released):
    with pytest.raises(UsageError, match="cannot be the name of a source"):
        pft(workspace, "import", released, "--source", "a b")


def test_the_whole_experiment_of_the_paper_in_two_seconds(workspace, tmp_path):
    grid = released_rows(
        [f"{number:04d}" for number in range(1, 21)],
        ("Angry", "Happy", "Neutral", "Sad", "Surprise"),
        (2, 4, 8, 16, 24, 32, 64),
    )
    assert len(write_csv(tmp_path / "all.csv", grid, HEADER)) == 33_600
    begun = time.process_time()
    pft(workspace, "import", tmp_path / "all.csv")
    assert time.process_time() - begun < 2.0  # of this process, however busy the machine is
    found = json.loads(pft(workspace, "results", "figure2", "--json")[0])
    assert sum(row["trials"] for row in found) == 33_600
