"""Anyone's questions to the snapshot, and what a wrong one is told."""

import subprocess
import sys
from pathlib import Path

import duckdb
import psutil
import pytest
from small_grids import NOON, model, ran, report, trial

from pft_tui.errors import StoreError, UsageError
from pft_tui.events import CorpusSeen
from pft_tui.store.read import connect, held_open, query


@pytest.fixture
def published(store, workspace):
    base = model()
    store.enqueue([], [base], [trial(base)], exclusive=False)
    report(workspace, [*ran(trial(base), 0.75), CorpusSeen("esd", "d", "esd", "/data", 9, 0, NOON)])
    store.ingest()
    store.publish()
    return workspace


def test_an_answer_has_columns_types_and_rows(published):
    table = query(published, "select k, macro_f1, examples, corpora from trials")
    assert table.columns == ("k", "macro_f1", "examples", "corpora")
    assert table.types == ("INTEGER", "DOUBLE", "VARCHAR[]", "VARCHAR[]")
    assert table.rows == [(2, 0.75, ["0001_000001", "0001_000351"], [])]


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("select count(*) from trials where k = $1 and speaker = $2", [2, "0001"]),
        ("select count(*) from trials where k = $k and speaker = $who;", {"k": 2, "who": "0001"}),
    ],
)
def test_parameters_by_number_and_by_name(published, sql, parameters):
    assert query(published, sql, parameters).rows == [(1,)]


def test_time_needs_no_further_package(published):
    assert str(query(published, "select finished_at from trials").rows[0][0]) == "2023-11-14 22:13:32.500000"


def test_answers_may_be_written_to_files(published, tmp_path):
    target = tmp_path / "trials.csv"
    query(published, f"copy (select k, macro_f1 from trials) to '{target}'")
    assert target.read_text().splitlines() == ["k,macro_f1", "2,0.75"]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select kk from trials", 'column "kk" not found'),
        ("selec k from trials", "syntax error"),
        ("select 1; select 2", "one SQL statement at a time, not 2"),
        ("-- nothing", "one SQL statement at a time, not 0"),
        ("select count(*) from trials where k = $1", "parameter"),
        ("create table mine (a integer)", "read-only"),
        ("delete from metrics", "read-only"),
    ],
)
def test_what_cannot_be_answered_is_said_in_duckdbs_words(published, sql, words):
    with pytest.raises(UsageError, match=words):
        query(published, sql)


def test_without_a_snapshot_one_is_told_what_to_do(workspace):
    with pytest.raises(StoreError, match="nothing has been run yet") as caught:
        query(workspace, "select 1")
    assert "pft run" in caught.value.hint


def test_a_damaged_snapshot_is_no_traceback(workspace):
    workspace.snapshot.write_bytes(b"not a database\n" * 1000)
    with pytest.raises(StoreError, match="cannot be read") as caught:
        query(workspace, "select 1")
    assert "move it away" in caught.value.hint


def test_a_connection_of_ones_own(published):
    with connect(published) as connection:
        assert connection.execute("from figure2 select mean_f1").fetchall() == [(0.75,)]


READ_ELSEWHERE = """
import sys
import duckdb
print(duckdb.connect(sys.argv[1], read_only=True).execute("select count(*) from jobs").fetchall())
"""


def test_another_process_reads_while_the_owner_goes_on(published, store):
    words = subprocess.check_output([sys.executable, "-c", READ_ELSEWHERE, published.snapshot], text=True)
    assert words == "[(1,)]\n"
    assert store.progress().trials.finished == 1


def test_a_connection_that_stays_open_does_not_hide_the_next_snapshot(published, store):
    """DuckDB itself gives a process the database again that it has open at a path, though replaced."""
    count = "select count(*) from trials"
    kept = connect(published)
    assert kept.execute(count).fetchall() == [(1,)]
    for number in (1, 2):
        store.enqueue([], [], [trial(model(), number=number)], exclusive=False)
        store.publish()
        assert query(published, count).rows == [(1 + number,)]
        with connect(published) as another:
            assert another.execute(count).fetchall() == [(1 + number,)]
    assert kept.execute(count).fetchall() == [(1,)]


def test_questions_asked_together_are_answered_by_one_snapshot(published, store):
    count = "select count(*) from trials"
    with held_open(published):
        store.enqueue([], [], [trial(model(), number=1)], exclusive=False)
        store.publish()
        assert query(published, count).rows == [(1,)]
    assert query(published, count).rows == [(2,)]


def test_nothing_stays_open(published):
    with held_open(published):
        query(published, "from trials")
    assert published.snapshot not in {Path(file.path) for file in psutil.Process().open_files()}


def test_connections_share_nothing_but_the_snapshot(published):
    with connect(published) as one, connect(published) as other:
        one.execute("create temp table mine as select 1")
        with pytest.raises(duckdb.CatalogException):
            other.execute("from mine")
        with pytest.raises(duckdb.Error, match="read-only"):
            one.execute("create table ours as select 1")
