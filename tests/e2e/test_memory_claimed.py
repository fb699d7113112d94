"""Trials for which others have left no memory say so before they begin."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import psutil
import pytest
from small_workspaces import SETTINGS, Pft, make_workspace


@pytest.mark.slow
def test_where_all_memory_is_claimed_a_slot_closes_and_the_last_one_says_what_is_missing(
    tmp_path: Path, corpora: dict[str, Path], pft: Pft
) -> None:
    folder = make_workspace(tmp_path / "work", corpora, SETTINGS.replace('["constant"]', "[]"))
    claims = folder / ".pft" / "claims"
    claims.mkdir(parents=True)
    others = claims / str(os.getpid())  # as another worker would
    others.write_text(json.dumps([1 << 50, psutil.Process().create_time()]))
    few = ("grid.subsets=['base']", "grid.speakers=['0001', '0011']", "grid.emotions=['angry']")
    flags = [part for flag in few for part in ("--set", flag)]
    assert pft(folder, "run", *flags).returncode == 1
    with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
        errors = connection.execute("select error from jobs where kind = 'trial'").fetchall()
        closed = connection.execute("select detail from events where kind = 'slot_closed'").fetchall()
    assert closed == [("memory ran out: 1 workers from now on",)]
    assert len(errors) == 2
    for (error,) in errors:
        assert error.startswith("OutOfMemoryError: these trials need 0.0")
        assert "0.00 are free (lower run.cpu_slots" in error
    others.unlink()
    assert pft(folder, "run", *flags).returncode == 0
