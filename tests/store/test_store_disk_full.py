"""A disk without room: nothing is lost, nothing counts twice, and the work goes on when there is room."""

import os
import subprocess
from contextlib import closing

import pytest
from small_grids import NOON, report, rows_of

from pft_tui.events import Metrics
from pft_tui.paths import Workspace
from pft_tui.store.connection import DiskFullError
from pft_tui.store.owner import Store
from pft_tui.store.read import query

MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 16 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", tmp_path], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().strip()}")
    (tmp_path / "pft.toml").write_text("")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def ballast(disk, leave):
    """Fill the disk but for `leave` bytes."""
    space = os.statvfs(disk)
    path = disk / "ballast"
    path.write_bytes(bytes(space.f_bavail * space.f_frsize - leave))
    return path


def metrics(run, number):
    return [Metrics(run, [0], [step], {f"a name for {step}": [step / 7]}, [NOON]) for step in range(number)]


def test_a_commit_without_room_leaves_the_offsets_where_they_were(small_disk):
    workspace = Workspace(small_disk)
    with closing(Store.open(workspace)) as store:
        report(workspace, metrics("first", 100))
        store.ingest()
        report(workspace, metrics("second", 20_000))
        filled = ballast(small_disk, leave=200_000)
        for _ in range(2):
            with pytest.raises(DiskFullError, match="no room on the disk"):
                store.ingest()
        assert rows_of(store, "select count(*) from metrics") == [(100,)]
        filled.unlink()
        store.reopen()
        assert store.ingest().lines == 20_000
        assert store.ingest().lines == 0
        assert rows_of(store, "select count(*), count(distinct (run_id, step)) from metrics") == [
            (20_100, 20_100)
        ]


def test_a_checkpoint_without_room_loses_nothing(small_disk):
    workspace = Workspace(small_disk)
    with closing(Store.open(workspace)) as store:
        store.publish()
        report(workspace, metrics("first", 20_000))
        store.ingest()
        filled = ballast(small_disk, leave=0)
        with pytest.raises(DiskFullError):
            store.publish()
        with pytest.raises(DiskFullError):
            store.progress()  # the connection is of no more use
        filled.unlink()
        store.reopen()
        assert rows_of(store, "select count(*) from metrics") == [(20_000,)]
        assert store.publish()
    assert query(workspace, "select count(*) from metrics").rows == [(20_000,)]


def test_a_copy_without_room_leaves_the_last_snapshot(small_disk):
    workspace = Workspace(small_disk)
    with closing(Store.open(workspace)) as store:
        store.publish()
        report(workspace, metrics("first", 30_000))
        store.ingest()
        store.start_publish()
        store.finish_publish(wait=True)
        report(workspace, metrics("second", 10))
        store.ingest()
        filled = ballast(small_disk, leave=MIB)
        with pytest.raises(DiskFullError, match="was not published"):
            store.publish()
        assert not list(small_disk.glob(".*.next"))
        assert query(workspace, "select count(*) from metrics").rows == [(30_000,)]
        filled.unlink()
        assert store.publish()
    assert query(workspace, "select count(*) from metrics").rows == [(30_010,)]
