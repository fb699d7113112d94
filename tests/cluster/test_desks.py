"""What killed hosts leave on a node."""

import tempfile

from pft_tui.cluster.desk import clear_desks, make_desk


def test_folders_of_hosts_that_are_gone_are_deleted_and_no_others(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    used, lock = make_desk()
    left, dead_lock = make_desk()
    (left / ".pft").mkdir()
    dead_lock.close()  # as the end of its process does
    just_begun = tmp_path / "pft-worker-new"
    just_begun.mkdir()
    (tmp_path / "of-something-else").mkdir()
    clear_desks()
    with lock:
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
            [used.name, just_begun.name, "of-something-else"]
        )
