import csv
import io
import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from io import StringIO
from statistics import fmean

import duckdb
import pytest
import typer
from finished_trials import CORPORA, EMOTIONS, SHOTS, SPEAKERS, score, workspace_with
from noop_grids import PFT
from typer.testing import CliRunner

import pft_tui
from pft_tui.cli.prompt import Prompt
from pft_tui.cli.results import _matching, results
from pft_tui.cli.sql import EXAMPLES, sql
from pft_tui.errors import StoreError, UsageError, WorkspaceError
from pft_tui.paths import Workspace
from pft_tui.reports.catalogue import REPORTS
from pft_tui.reports.export import export
from pft_tui.reports.files import FileFormat
from pft_tui.reports.formats import Format
from pft_tui.reports.show import Output
from pft_tui.specs import ALL_EMOTIONS

app = typer.Typer()
app.command()(results)
app.command()(sql)


def only_first_draws(corpora, trial):
    return score(corpora, trial) if trial.trial == 0 else None


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    return workspace_with(tmp_path_factory.mktemp("complete"))


@pytest.fixture(scope="module")
def halfway(tmp_path_factory):
    return workspace_with(
        tmp_path_factory.mktemp("halfway"), only_first_draws, protocols=("paper", "released")
    )


@pytest.fixture(scope="module")
def queued(tmp_path_factory):
    return workspace_with(tmp_path_factory.mktemp("queued"), lambda corpora, trial: None)


def pft(workspace, *arguments, stdin=""):
    """What a command prints to stdout and to stderr; an error of ours is raised."""
    outcome = CliRunner().invoke(app, [*arguments, "--workspace", str(workspace.root)], input=stdin)
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout, outcome.stderr


def mean_f1(corpora, k):
    """By hand: the mean over speakers, emotions and draws, all of which count the same."""

    class Trial:
        def __init__(self, speaker, emotion, trial):
            self.speaker, self.emotion, self.trial, self.k = speaker, emotion, trial, k

    return fmean(
        score(corpora, Trial(speaker, emotion, trial))
        for speaker, _ in SPEAKERS
        for emotion in EMOTIONS
        for trial in range(2)
    )


def test_table_1_is_what_one_computes_by_hand(complete):
    rows = json.loads(pft(complete, "results", "table1", "--json")[0])
    assert [(row["k"], row["corpus"]) for row in rows] == [(k, corpus) for k in SHOTS for corpus in CORPORA]
    for row in rows:
        f1_in = mean_f1((row["corpus"],), row["k"])
        f1_ex = mean_f1(tuple(corpus for corpus in CORPORA if corpus != row["corpus"]), row["k"])
        assert (row["f1_in"], row["f1_ex"]) == (pytest.approx(f1_in), pytest.approx(f1_ex))
        assert row["delta"] == pytest.approx(f1_in - f1_ex)


def test_every_format_has_the_same_numbers(complete):
    objects = json.loads(pft(complete, "results", "powerset", "--json")[0])
    lines = pft(complete, "results", "powerset", "--format", "jsonl")[0].splitlines()
    assert [json.loads(line) for line in lines] == objects
    records = list(csv.DictReader(io.StringIO(pft(complete, "results", "powerset", "--format", "csv")[0])))
    assert [float(record["mean_f1"]) for record in records] == [row["mean_f1"] for row in objects]
    table = pft(complete, "results", "powerset", "--no-plot")[0]
    text = pft(complete, "results", "powerset", "--format", "markdown")[0]
    for row in objects:
        assert f"{row['mean_f1']:.4f}" in table
        assert f"{row['mean_f1']:.4f}" in text


def test_latex_of_table_1_looks_like_the_papers(complete):
    source = pft(complete, "results", "table1", "--format", "latex")[0]
    assert r"$k$ & Corpus & $\mathrm{F1}_{in}$ & $\mathrm{F1}_{ex}$ & $\Delta$ \\" in source
    f1_in, f1_ex = mean_f1(("iemocap",), 2), mean_f1(("mandarin_as", "msp_podcast"), 2)
    assert rf"2 & iemocap & {f1_in:.4f} & {f1_ex:.4f} & $-${f1_ex - f1_in:.4f} \\" in source
    assert rf" & mandarin\_as & {mean_f1(('mandarin_as',), 2):.4f}" in source
    assert "all 128 trials finished" in source


def test_the_overview_says_how_far_things_are(halfway):
    shown, _ = pft(halfway, "results")
    assert "trial       ━━━━━━━━━━━━────────────  128 of 256" in shown
    assert shown.count("Table 1: ") == shown.count("Figure 2: ") == 2
    assert shown.count("tiny on esd, protocol released: 64 of 128 trials finished") == 2
    assert "4/8" in shown


def test_settings_never_mix_and_can_be_chosen(halfway):
    shown, _ = pft(halfway, "results", "table1", "--protocol", "released")
    assert "protocol released" in shown
    assert "protocol paper" not in shown
    both, _ = pft(halfway, "results", "table1", "--format", "markdown")
    assert both.count("\n\n**Table 1: ") == 1
    assert len(json.loads(pft(halfway, "results", "table1", "--json")[0])) == 2 * len(SHOTS) * len(CORPORA)
    assert len(json.loads(pft(halfway, "results", "table1", "--json", "--encoder", "tiny")[0])) == 12
    with pytest.raises(UsageError, match="no trials with protocol 'other'") as caught:
        pft(halfway, "results", "table1", "--protocol", "other")
    assert caught.value.hint == "there are: paper, released"


def test_the_overview_can_be_of_some_trials(complete):
    shown, _ = pft(complete, "results", "--language", "English")
    assert "128 of 128" in shown
    assert shown.count("only language: English") == 2


def test_words_about_data_go_to_stderr(halfway):
    shown, words = pft(halfway, "results", "figure2", "--json", "--protocol", "paper")
    json.loads(shown)
    assert words == "tiny on esd, protocol paper: 64 of 128 trials finished\n"


def test_before_the_first_trial_has_finished(queued):
    shown, words = pft(queued, "results", "table1", "--format", "csv")
    assert shown.startswith("k,corpus,f1_in,f1_ex,delta")
    assert len(shown.splitlines()) == 1
    assert "`pft run`" in words
    assert json.loads(pft(queued, "results", "figure4", "--json")[0]) == []
    shown, words = pft(queued, "results")
    assert "0 of 128" in shown
    assert "table1 has no rows yet" in words


def test_trials_that_tell_all_emotions_apart_stand_in_no_table_and_it_says_where_they_are(tmp_path):
    multiclass = workspace_with(tmp_path, lambda *_: 0.5, emotions=[ALL_EMOTIONS])
    shown, words = pft(multiclass, "results")
    assert "64 of 64" in shown
    assert words.count("Trials screen") == 1
    assert "pft run" not in words
    _, words = pft(multiclass, "results", "figure2", "--format", "csv")
    assert words.startswith("figure2 has no rows yet: tables and figures are of trials of one emotion")
    with pytest.raises(UsageError, match="figure2 has no rows yet") as caught:
        export(multiclass, "figure2", tmp_path / "figure2.svg", FileFormat.SVG, {}, print)
    assert "pft sql" in caught.value.hint


def test_a_report_that_trials_cannot_fill_says_what_it_takes(complete):
    _, words = pft(complete, "results", "learning_curves")
    assert words == "learning_curves has no rows yet: it takes models pre-finetuned in this workspace\n"
    with pytest.raises(UsageError, match="no trials with all of language: English; speakers: 0001"):
        pft(complete, "results", "table1", "--language", "English", "--speaker", "0001")
    with pytest.raises(UsageError, match="no trials with all of"):
        pft(complete, "results", "--language", "English", "--speaker", "0001")


def test_before_anything_was_run(tmp_path):
    (tmp_path / "pft.toml").touch()
    for command in ("results", "sql"):
        with pytest.raises(StoreError, match="nothing has been run yet"):
            pft(Workspace(tmp_path), command)


@pytest.mark.parametrize("name", ["figure2", "figure3", "figure4", "powerset"])
def test_figures_are_drawn_in_plain_text_where_asked(complete, name):
    shown, _ = pft(complete, "results", name, "--plot")
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert any(char in shown for char in "●▲█")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["results", "table9"], "no table or figure called 'table9'"),
        (["results", "table9", "--vs-paper"], "no table or figure called 'table9'"),
        (["results", "figure2", "--vs-paper"], "the paper's figure2 is not known as numbers"),
        (["results", "--json"], "json holds one table"),
        (["results", "table1", "--plot"], "table1 has no figure"),
        (["results", "figure2", "--plot", "--format", "csv"], "csv is not for figures"),
        (["results", "table1", "--json", "--format", "csv"], "--json and --format csv disagree"),
        (["sql", "select 1", "-f", "question.sql"], "a statement and --file at once"),
        (["sql", "-f", "/nowhere/question.sql"], "cannot read /nowhere/question.sql"),
        (["sql", "select 1; select 2", "--json"], "json holds one table, and there are 2 answers"),
        (["sql", "set threads = 1; set threads = 2", "--json"], "json holds one table, and there are 0"),
        (["sql"], "there is no SQL statement"),
        (["sql", "--shell", "select 1"], "--shell takes no statement"),
    ],
)
def test_wrong_usage_is_told(complete, arguments, words):
    with pytest.raises(UsageError) as caught:
        pft(complete, *arguments)
    assert words in caught.value.message
    assert caught.value.exit_code == 2


def test_a_file_is_written_in_the_format_of_its_name(complete, tmp_path):
    target = tmp_path / "table1.md"
    shown, words = pft(complete, "results", "table1", "-o", str(target))
    assert (shown, words) == ("", f"wrote {target}\n")
    assert target.read_text() == pft(complete, "results", "table1", "--format", "markdown")[0]


def test_a_file_stays_as_it_was_when_the_command_fails(complete, tmp_path):
    target = tmp_path / "answer.csv"
    target.write_text("old")
    with pytest.raises(UsageError):
        pft(complete, "sql", "from nothing", "-o", str(target))
    with pytest.raises(StoreError, match="cannot be written: File too large"), no_room_for_files(1000):
        pft(complete, "results", "powerset", "-o", str(target))
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(StoreError, match=r"/nowhere/x\.csv cannot be written"):
        pft(complete, "sql", "create temp table mine as select 1; select 2; ", "-o", "/nowhere/x.csv")


@contextmanager
def no_room_for_files(largest):
    """As on a disk that is all but full: no file can grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_sql_comes_as_an_argument_from_a_file_or_from_a_pipe(complete, tmp_path):
    question = "select count(*) as trials, list(distinct k order by k) as ks from trials"
    (tmp_path / "question.sql").write_text(question)
    for arguments, stdin in (
        ([question], ""),
        (["-f", str(tmp_path / "question.sql")], ""),
        ([], question),
        (["-"], question),
    ):
        shown, _ = pft(complete, "sql", "--json", *arguments, stdin=stdin)
        assert json.loads(shown) == [{"trials": 128, "ks": [2, 8]}]


def test_what_duckdb_says_is_one_line_and_its_place(complete):
    with pytest.raises(UsageError) as caught:
        pft(complete, "sql", "select k\nfrom triald")
    assert (
        caught.value.message == 'Catalog Error: Table with name triald does not exist! Did you mean "trials"?'
    )
    assert caught.value.hint == "line 2: from triald"


def test_sql_can_read_but_not_write(complete):
    with pytest.raises(UsageError):
        pft(complete, "sql", "create table mine as select 1")


def test_the_examples_of_sql_work(complete):
    for example in EXAMPLES:
        assert json.loads(pft(complete, "sql", example, "--json")[0])


def test_completion_offers_names_with_titles():
    assert [name for name, _ in _matching("fig")] == ["figure2", "figure3", "figure4"]
    assert [name for name, _ in _matching("")] == list(REPORTS)


def on_a_terminal(workspace, *arguments, typed=(), **environment):
    """What a command prints on a pseudo-terminal of 80 x 30; `typed` at its prompts, the last is Ctrl-D."""
    program = "import typer; from pft_tui.cli.results import results; from pft_tui.cli.sql import sql;"
    program += "app = typer.Typer(); app.command()(results); app.command()(sql); app()"
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments, "--workspace", str(workspace.root)],
        stdin=its,
        stdout=its,
        stderr=its,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "30", **environment},
    )
    os.close(its)
    lines = [*(f"{line}\n" for line in typed), "\x04"]
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
            if shown.endswith((b"pft> ", b"...> ")):
                os.write(ours, lines.pop(0).encode())
    except OSError:  # what Linux says at the end of a pseudo-terminal
        pass
    os.close(ours)
    assert process.wait() == 0, shown
    return shown.decode()


def test_on_a_terminal_figures_are_drawn_in_colour(complete):
    shown = on_a_terminal(complete, "results", "figure2", NO_COLOR="")
    assert "\x1b[38;5;178m●" in shown
    assert "Mean F1" not in shown
    assert "Mean F1" in on_a_terminal(complete, "results", "figure2", "--no-plot")


def test_on_a_terminal_too_narrow_for_a_figure_its_numbers_are_listed(complete):
    shown = on_a_terminal(complete, "results", "best_sets", COLUMNS="50")
    assert re.search(r"This figure needs \d+ columns and 1 line\b", shown)
    assert "0.4" in shown
    assert "0.4" not in on_a_terminal(complete, "results", "best_sets", "--plot", COLUMNS="50")
    assert "No PFT" in on_a_terminal(complete, "results", "figure4", LINES="12")  # it scrolls


def test_no_color_is_respected(complete):
    shown = on_a_terminal(complete, "results", NO_COLOR="1")
    assert "\x1b[38" not in shown
    assert "−" in shown


def test_sql_without_a_statement_says_what_can_be_asked(complete):
    shown = on_a_terminal(complete, "sql")
    assert "utterances" in shown
    assert EXAMPLES[0] in shown


def test_the_prompt_answers_one_statement_after_the_other(complete):
    typed = ["select 6 * 7", "as answer;", "select nothing;", ".table", ".tables", "from table1 limit 1;"]
    shown = on_a_terminal(complete, "sql", typed=typed)
    assert "pft> " in shown
    assert "...> " in shown
    assert "answer" in shown
    assert "42" in shown
    assert 'error: Binder Error: Referenced column "nothing"' in shown
    assert "error: there is no .table (" in shown
    assert "run_id, epoch, step, name" in " ".join(shown.split())
    assert "0.4" in shown.rpartition("f1_in")[2]


def test_ctrl_c_ends_a_statement_that_takes_long(complete):
    question = "set threads = 1; select sum(a.range * b.range) from range(4000000) a, range(4000000) b"
    process = subprocess.Popen(
        [*PFT, "sql", question, "--workspace", str(complete.root)],
        stderr=subprocess.PIPE,
        text=True,
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(4)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert "Traceback" not in process.communicate()[1]


def test_the_prompt_remembers_and_completes(complete):
    on_a_terminal(complete, "sql", typed=["select 'remember me';"])
    assert "select 'remember me';" in (complete.private / "sql_history").read_text()
    assert (complete.private / "sql_history").stat().st_mode & 0o777 == 0o600
    shown = on_a_terminal(complete, "sql", typed=["select count(*) as n from powers\t;", "exit"])
    assert "\n16\r" in shown.rpartition("from powerset")[2]


def test_the_prompt_sees_what_was_published_since(complete, tmp_path):
    prompt = Prompt(complete, Output(StringIO(), Format.JSON, print))
    newer = workspace_with(tmp_path, lambda corpora, trial: 0.5)
    kept = complete.snapshot.rename(tmp_path / "kept")
    try:
        newer.snapshot.rename(complete.snapshot)
        prompt._answer("select distinct mean_f1 from figure2;")
    finally:
        kept.replace(complete.snapshot)
    assert json.loads(prompt._output.out.getvalue()) == [{"mean_f1": 0.5}]


def test_several_statements_share_one_snapshot_and_temporary_tables(complete, tmp_path):
    script = (
        "create temp table best as from powerset order by mean_f1 desc limit 1; select corpus_set from best;"
    )
    (tmp_path / "script.sql").write_text(f"-- The best set\n{script}")
    shown, _ = pft(complete, "sql", "-f", str(tmp_path / "script.sql"), "--json")
    assert json.loads(shown) == [{"corpus_set": "mandarin_as+msp_podcast"}]
    shown, words = pft(complete, "sql", "select 1 as one; select 2 as two")
    assert [line.strip() for line in shown.splitlines()] == ["one", "───", "1", "", "two", "───", "2"]
    assert words == "1 row\n1 row\n"


def test_the_stock_shell_opens_on_the_snapshot_read_only(complete, tmp_path):
    with pytest.raises(UsageError, match="DuckDB's command line is not installed"):
        CliRunner().invoke(
            app,
            ["sql", "--shell", "-w", str(complete.root)],
            env={"PATH": str(tmp_path)},
            catch_exceptions=False,
        )
    (tmp_path / "duckdb").write_text('#!/bin/sh\necho "it was given $@"\n')
    (tmp_path / "duckdb").chmod(0o755)
    shown = on_a_terminal(complete, "sql", "--shell", PATH=str(tmp_path))
    assert f"it was given -readonly {complete.snapshot}" in shown.replace("\r\n", "")


def test_notebooks_connect_to_the_snapshot(complete, monkeypatch, tmp_path):
    with pft_tui.connect(complete.root) as connection:
        frame = connection.sql("from figure2").df()
        assert len(frame) == 2 * 4
        with pytest.raises(duckdb.Error):
            connection.execute("create table mine as select 1")
    (complete.root / "notebooks").mkdir()
    monkeypatch.chdir(complete.root / "notebooks")
    with pft_tui.connect() as connection:
        arrow = connection.sql("select k, mean_f1 from figure2").to_arrow_table()
    assert arrow.column("mean_f1").to_pylist() == frame["mean_f1"].tolist()
    with pytest.raises(WorkspaceError):
        pft_tui.connect(tmp_path)


def test_importing_the_commands_is_cheap():
    program = (
        "import sys, pft_tui.cli.results, pft_tui.cli.sql;"
        "print(*{'duckdb', 'torch', 'plotext', 'numpy', 'rich.console'} & set(sys.modules))"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == ""
