"""Every way to adapt through the real `pft run`: rows of its own protocol, from the same draws."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import duckdb
import pytest
from small_workspaces import SETTINGS, Pft, make_workspace

SPEAKERS = ("0001", "0011")
WAYS = ("paper", "frozen-cnn", "head", "lora")


@pytest.mark.slow
def test_each_way_gives_finished_trials_under_its_own_name(
    tmp_path: Path, corpora: dict[str, Path], pft: Pft
) -> None:
    folder = make_workspace(tmp_path / "work", corpora, SETTINGS.replace('["constant"]', "[]"))
    for protocol in WAYS:
        flags = (
            f"finetune.protocol={protocol}",
            "grid.subsets=['base']",
            f"grid.speakers={list(SPEAKERS)}",
            "grid.emotions=['angry']",
        )
        run = pft(folder, "run", *(part for flag in flags for part in ("--set", flag)))
        assert run.returncode == 0, run.stderr
    with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select protocol, speaker, status, macro_f1, epochs, examples, environment_id "
            "from trials left join environments on environment_id = run_environment"
        ).fetchall()
        [(packages,)] = connection.execute(
            "select distinct details ->> 'package:peft' from environments"
        ).fetchall()
    assert packages is not None
    of_speaker = defaultdict(dict)
    for protocol, speaker, status, macro_f1, epochs, examples, environment in rows:
        assert (status, environment is not None) == ("finished", True)
        assert 0 < macro_f1 <= 1
        assert 1 <= epochs <= 4
        of_speaker[speaker][protocol] = examples
    expected = {f"{name}(epochs=4,learning_rate=0.001,patience=2)" for name in WAYS}
    for speaker in SPEAKERS:
        assert set(of_speaker[speaker]) == expected
        assert len({tuple(examples) for examples in of_speaker[speaker].values()}) == 1
    assert len(rows) == len(SPEAKERS) * len(WAYS)


def test_an_unknown_protocol_is_answered_with_those_there_are(
    tmp_path: Path, corpora: dict[str, Path], pft: Pft
) -> None:
    folder = make_workspace(tmp_path / "work", corpora)
    run = pft(folder, "run", "--set", "finetune.protocol=hed")
    assert run.returncode == 2
    assert "did you mean 'head'?" in run.stderr
