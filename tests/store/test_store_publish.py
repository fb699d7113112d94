"""The snapshot: always whole, always readable, never in anyone's way."""

import shutil
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing

import duckdb
import pytest
from small_grids import NOON, model, ran, report, rows_of, trial

from pft_tui.errors import StoreError
from pft_tui.events import Metrics
from pft_tui.store.owner import Store
from pft_tui.store.read import query

READ_ON = """
import sys, time
import duckdb
held = duckdb.connect(sys.argv[1], read_only=True)
before = held.execute("select count(*) from metrics").fetchone()
print("open", flush=True)
reads = 0
while not sys.stdin.readline():
    pass
after = held.execute("select count(*) from metrics").fetchone()
now = duckdb.connect().execute(f"attach '{sys.argv[1]}' as fresh (read_only)").execute(
    "select count(*) from fresh.metrics").fetchone()
print(before[0], after[0], now[0])
"""


def metrics(epoch, number=500):
    return [Metrics("run", [epoch], [step], {"loss": [float(step)]}, [NOON]) for step in range(number)]


def test_nothing_new_is_not_published(store, workspace):
    assert store.publish()
    assert not store.publish()
    first = workspace.snapshot.stat().st_ino
    report(workspace, metrics(1))
    assert not store.publish()
    store.ingest()
    assert store.publish()
    assert workspace.snapshot.stat().st_ino != first


def test_the_snapshot_is_read_only_and_alone(store, workspace):
    stray = workspace.root / "pft.duckdb.wal"
    stray.write_bytes(b"left by somebody")
    (workspace.root / ".pft.duckdb.1.next").write_bytes(b"left by an owner that was killed")
    store.publish()
    assert stat.S_IMODE(workspace.snapshot.stat().st_mode) == 0o444
    assert sorted(path.name for path in workspace.root.iterdir()) == [".pft", "pft.duckdb", "pft.toml"]


def test_a_publication_need_not_be_waited_for(store, workspace):
    report(workspace, metrics(1))
    store.ingest()
    assert store.start_publish()
    assert not store.start_publish()
    report(workspace, metrics(2))
    store.ingest()  # goes on meanwhile
    deadline = time.monotonic() + 20
    while not store.finish_publish():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert query(workspace, "select count(*) from metrics").rows == [(500,)]
    assert not store.finish_publish(wait=True)
    assert store.publish()
    assert query(workspace, "select count(*) from metrics").rows == [(1000,)]


def test_closing_completes_a_publication(workspace):
    with closing(Store.open(workspace)) as store:
        report(workspace, metrics(1))
        store.ingest()
        store.start_publish()
    assert query(workspace, "select count(*) from metrics").rows == [(500,)]


def test_a_shell_that_stays_open_sees_its_own_snapshot_and_blocks_nothing(store, workspace):
    report(workspace, metrics(1))
    store.ingest()
    store.publish()
    shell = subprocess.Popen(
        [sys.executable, "-c", READ_ON, workspace.snapshot],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout.readline() == "open\n"
    for epoch in range(2, 8):
        report(workspace, metrics(epoch))
        store.ingest()
        store.publish()
    words, _ = shell.communicate("go on\n", timeout=30)
    assert words.split() == ["500", "500", "3500"]


def test_every_snapshot_taken_while_commits_go_on_is_whole(store, workspace):
    """Each holds some number of whole commits, and every block of it can be read."""
    counts = []
    done = threading.Event()

    def read_on():
        while not done.is_set():
            with duckdb.connect(str(workspace.snapshot), read_only=True) as connection:
                counts.append(
                    connection.execute(
                        'select count(*), sum(step), max(hash(run_id, "at")) from metrics'
                    ).fetchone()[:2]
                )

    store.publish()
    reader = threading.Thread(target=read_on)
    reader.start()
    for epoch in range(15):
        report(workspace, metrics(epoch))
        store.ingest()
        store.start_publish()
        report(workspace, metrics(100 + epoch))
        store.ingest()
        store.finish_publish(wait=epoch % 2 == 0)
    done.set()
    reader.join()
    assert len(set(counts)) > 3
    assert all(number % 500 == 0 for number, _ in counts)
    assert all((total or 0) == number // 500 * sum(range(500)) for number, total in counts)


def test_views_work_under_whatever_name_the_snapshot_is_attached(store, workspace, tmp_path):
    base = model()
    store.enqueue([], [base], [trial(base)], exclusive=False)
    report(workspace, ran(trial(base), 0.75))
    store.ingest()
    store.publish()
    moved = tmp_path / "sent by mail.duckdb"
    shutil.copy(workspace.snapshot, moved)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{moved}' as results (read_only)")
        assert connection.execute("select mean_f1 from results.figure2").fetchall() == [(0.75,)]
        assert connection.execute("select count(*) from results.jobs").fetchall() == [(1,)]


def test_a_snapshot_that_cannot_be_written_leaves_the_last_one(store, workspace):
    store.publish()
    report(workspace, metrics(1))
    store.ingest()
    in_the_way = workspace.root / ".pft.duckdb.1.next"
    in_the_way.mkdir()
    with pytest.raises(StoreError, match="was not published"):
        store.publish()
    assert query(workspace, "select count(*) from metrics").rows == [(0,)]
    in_the_way.rmdir()
    assert store.publish()
    assert query(workspace, "select count(*) from metrics").rows == [(500,)]
    assert rows_of(store, "select count(*) from metrics") == [(500,)]
