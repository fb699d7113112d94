"""Opening the store: one owner, its own version, and what is left after an accident."""

import os
import signal
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from small_grids import model, ran, report, rows_of, trial

from pft_tui.errors import StoreError
from pft_tui.store import lock
from pft_tui.store.lock import OwnedError
from pft_tui.store.owner import Store

HOLD_STORE = """
import sys, time
from pathlib import Path
from pft_tui.paths import Workspace
from pft_tui.store.owner import Store
store = Store.open(Workspace(Path(sys.argv[1])))
print("open", flush=True)
time.sleep(60)
"""
HOLD_DATABASE = """
import sys, time
import duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
time.sleep(60)
"""


def holder(script, path):
    process = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "open\n"
    return process


def end(process):
    process.kill()
    process.communicate()


def test_a_second_owner_is_told_who_the_first_is(workspace):
    other = holder(HOLD_STORE, workspace.root)
    try:
        with pytest.raises(OwnedError, match=f"run by process {other.pid}"):
            Store.open(workspace)
    finally:
        end(other)
    Store.open(workspace).close()


def test_the_same_process_cannot_own_it_twice_but_again(workspace):
    store = Store.open(workspace)
    with pytest.raises(OwnedError, match=str(os.getpid())):
        Store.open(workspace)
    store.close()
    Store.open(workspace).close()


def test_a_shell_on_the_private_store_is_named(workspace):
    Store.open(workspace).close()
    shell = holder(HOLD_DATABASE, workspace.store)
    try:
        with pytest.raises(StoreError, match=f"held open by process {shell.pid}") as caught:
            Store.open(workspace)
    finally:
        end(shell)
    assert "pft.duckdb" in caught.value.hint
    Store.open(workspace).close()


def test_files_are_the_users_own_and_readable_by_duckdb_1_5(workspace):
    with closing(Store.open(workspace)) as store:
        report(workspace, ran(trial(model()), 0.5))
        store.ingest()
        assert stat.S_IMODE(workspace.private.stat().st_mode) == 0o700
        for path in (workspace.store, workspace.owner_lock):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        [(tags,)] = rows_of(store, "select tags from duckdb_databases() where database_name = 'store'")
        assert tags["storage_version"].startswith("v1.5")


def test_a_newer_store_is_refused(workspace):
    with closing(Store.open(workspace)) as store:
        store._connection.execute("update private.meta set schema_version = 99")
    with pytest.raises(StoreError, match="schema version 99") as caught:
        Store.open(workspace)
    assert caught.value.hint == "upgrade pft-tui"


def test_a_network_disk_is_refused(workspace, monkeypatch):
    root = Path(psutil.disk_partitions(all=True)[0].mountpoint)
    mounts = [*psutil.disk_partitions(all=True)]
    mounts.append(mounts[0]._replace(mountpoint=str(workspace.root), fstype="nfs4"))
    monkeypatch.setattr(psutil, "disk_partitions", lambda **options: mounts)
    with pytest.raises(StoreError, match=r"network file system \(nfs4\)"):
        Store.open(workspace)
    assert lock.file_system_of(root) == mounts[0].fstype


def test_the_file_system_of_a_folder_is_that_of_its_mount():
    partitions = {mount.mountpoint: mount.fstype for mount in psutil.disk_partitions(all=True)}
    assert partitions["/proc"] == lock.file_system_of(Path("/proc/self")) == "proc"


FILL = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from pft_tui.events import Metrics
from pft_tui.paths import Workspace
from pft_tui.store.owner import Store
from small_grids import report
workspace = Workspace(Path(sys.argv[1]))
store = Store.open(workspace)
for batch in range(10):
    report(workspace, [Metrics("run", [batch], [step], {"loss": [0.5]}, [1e9]) for step in range(20)])
    store.ingest()
os.kill(os.getpid(), 9)
"""


def fill_and_die(workspace):
    """Ten commits of twenty metrics in the write-ahead log, its process killed."""
    child = subprocess.run([sys.executable, "-c", FILL, workspace.root, Path(__file__).parent])
    assert child.returncode == -signal.SIGKILL
    return workspace.store.with_name("store.duckdb.wal")


def test_a_log_with_a_zeroed_tail_is_cut_saved_and_read_again_from_the_spools(workspace):
    log = fill_and_die(workspace)
    whole = log.read_bytes()
    log.write_bytes(whole[:-3000] + bytes(3000))
    with closing(Store.open(workspace)) as store:
        [(kept,)] = rows_of(store, "select count(*) from metrics")
        assert 0 < kept < 200
        assert kept % 20 == 0
        [(saved,)] = rows_of(store, "select subject from events where kind = 'log_cut'")
        assert Path(saved).read_bytes() == whole[:-3000] + bytes(3000)
        store.ingest()
        assert rows_of(store, "select count(*), count(distinct (epoch, step)) from metrics") == [(200, 200)]


def test_a_torn_log_loses_its_last_commit_alone(workspace):
    log = fill_and_die(workspace)
    os.truncate(log, log.stat().st_size - 10)
    with closing(Store.open(workspace)) as store:
        assert rows_of(store, "select count(*) from metrics") == [(180,)]
        store.ingest()
        assert rows_of(store, "select count(*) from metrics") == [(200,)]


@pytest.mark.parametrize("damage", ["header", "middle", "half", "another file"])
def test_a_damaged_store_is_no_traceback(workspace, damage):
    Store.open(workspace).close()
    data = bytearray(workspace.store.read_bytes())
    if damage == "header":
        data[4096:4120] = bytes(24)
        data[8192:8216] = bytes(24)
    elif damage == "middle":
        data[12288:] = bytes(byte ^ 0xFF for byte in data[12288:])
    elif damage == "half":
        data = data[: len(data) // 2]
    else:
        data = b"results so far\n" * 1000
    workspace.store.write_bytes(data)
    with pytest.raises(StoreError, match="damaged") as caught:
        Store.open(workspace)
    assert "move it" in caught.value.hint


def test_every_opening_is_logged(workspace):
    for _ in range(2):
        Store.open(workspace).close()
    with closing(Store.open(workspace)) as store:
        started = rows_of(store, "select subject from events where kind = 'owner_started'")
    assert started == [(str(os.getpid()),)] * 3
