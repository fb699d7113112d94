"""What a user can get wrong: a clear line on stderr with the thing and the remedy, and an exit code."""

import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
import soundfile
from noop_grids import PFT
from small_workspaces import Pft


def refused(pft: Pft, folder: Path, *arguments: str, said: str, remedy: str, code: int) -> str:
    answer = pft(folder, *arguments)
    assert answer.returncode == code, answer.stderr
    assert "Traceback" not in answer.stderr
    assert said in answer.stderr
    assert remedy in answer.stderr
    return answer.stderr


def test_no_workspace(tmp_path: Path, pft: Pft) -> None:
    for command in (["run"], ["results"], ["sql", "select 1"], ["corpora", "check"]):
        refused(pft, tmp_path, *command, said="no pft.toml in", remedy="pft init", code=2)
    refused(pft, tmp_path, "status", "-w", "nowhere", said="no pft.toml in", remedy="no such folder", code=2)


def test_a_workspace_just_below_is_named(tmp_path: Path, pft: Pft) -> None:
    assert pft(tmp_path, "init", "mine").returncode == 0
    refused(pft, tmp_path, "results", said="no pft.toml in", remedy="cd mine", code=2)
    named = ("-w", str(tmp_path))
    refused(
        pft, tmp_path, "results", *named, said="no pft.toml in", remedy=f"--workspace {tmp_path}/mine", code=2
    )


def test_init_never_writes_over_a_workspace(workspace: Path, pft: Pft) -> None:
    before = (workspace / "pft.toml").read_text()
    refused(pft, workspace, "init", said="exists already", remedy="name another folder", code=2)
    assert (workspace / "pft.toml").read_text() == before


def test_the_demo_in_a_workspace_of_other_corpora_is_refused(tmp_path: Path, pft: Pft) -> None:
    (tmp_path / "pft.toml").write_text('[corpora.esd]\nroot = "/data/ESD"\n')
    said = "its corpora are others (esd)"
    refused(pft, tmp_path, "demo", ".", said=said, remedy="`pft demo DIR`", code=2)
    assert not (tmp_path / "corpora").exists()


def test_the_demo_in_a_file_is_refused(tmp_path: Path, pft: Pft) -> None:
    (tmp_path / "notes").touch()
    refused(pft, tmp_path, "demo", "notes", said="make the folder notes", remedy="name another", code=2)


def test_a_full_disk_behind_stdout_is_said(workspace: Path) -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            [*PFT, "status"], cwd=workspace, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert answer.returncode == 1
    assert answer.stderr.splitlines() == ["error: the disk is full", "hint:  make room, and do it again"]


def test_a_corpus_root_that_does_not_exist(workspace: Path, pft: Pft) -> None:
    flag = ("--set", "corpora.iemocap.root=/nowhere/at/all")
    refused(
        pft, workspace, "run", *flag, said="iemocap, /nowhere/at/all, does not exist", remedy="root", code=1
    )
    answer = pft(workspace, "corpora", "check", *flag)
    assert answer.returncode == 1
    assert "/nowhere/at/all, does not exist" in answer.stdout
    assert "esd (esd, " in answer.stdout  # the others are checked all the same


def test_a_section_of_unknown_name_is_told_how_to_name_its_reader(workspace: Path, pft: Pft) -> None:
    flag = ("--set", "corpora.mine.root=/nowhere/at/all")
    answer = pft(workspace, "corpora", "check", "mine", *flag)
    assert answer.returncode == 1
    assert "[corpora.mine]: unknown reader 'mine'" in answer.stdout
    assert "`reader = " in answer.stdout


def test_doctor_names_corpora_that_are_not_there(workspace: Path, pft: Pft) -> None:
    assert "ok   corpora: the roots of all 5 are there" in pft(workspace, "doctor").stdout
    settings = (workspace / "pft.toml").read_text().replace("IEMOCAP_full_release", "IEMOCAP")
    (workspace / "pft.toml").write_text(settings)
    answer = pft(workspace, "doctor")
    assert answer.returncode == 1
    assert "BAD  corpora: not there: iemocap (" in answer.stdout


def test_odd_and_too_many_shots(workspace: Path, pft: Pft) -> None:
    refused(
        pft, workspace, "run", "--set", "grid.shots=[3]", said="k must be even, got 3", remedy="k/2", code=2
    )
    refused(
        pft,
        workspace,
        *("run", "--set", "grid.shots=[2, 64]"),
        said="k = 64 needs 32 training utterances angry of speaker",
        remedy="choose k up to 8",
        code=2,
    )


def test_a_speaker_without_a_positive_example(
    workspace: Path, corpora: dict[str, Path], tmp_path: Path, pft: Pft
) -> None:
    root = tmp_path / "ESD"
    shutil.copytree(corpora["esd"], root)
    speaker = sorted(path for path in root.rglob("*") if path.is_dir() and path.name.isdigit())[0]
    shutil.rmtree(speaker / "Angry" / "train")
    refused(
        pft,
        workspace,
        *("run", "--set", f"corpora.esd.root={root}"),
        said=f"speaker {speaker.name} of esd has no training utterance labelled angry",
        remedy="grid.speakers",
        code=2,
    )


def test_an_unknown_encoder(workspace: Path, pft: Pft) -> None:
    for name, said in (("random:huge", "random:huge"), ("./no/such/folder", "no/such/folder")):
        refused(pft, workspace, "run", "--set", f"encoder.name={name}", said=said, remedy="hint:", code=1)


def test_no_network_for_a_hub_id_says_how_to_give_a_folder(workspace: Path, pft: Pft) -> None:
    one_trial = [f"grid.{key}" for key in ("subsets=['base']", "emotions=['angry']", "baselines=[]")]
    flags = [part for setting in one_trial for part in ("--set", setting)]
    refused(
        pft,
        workspace,
        *("run", "--set", "encoder.name=nobody/no-such-encoder", *flags),
        said="nobody/no-such-encoder",
        remedy="give the folder as encoder.name",
        code=1,
    )


def test_a_gpu_that_is_not_there(workspace: Path, pft: Pft) -> None:
    refused(
        pft,
        workspace,
        *("run", "--set", "run.devices=['cuda:93']"),
        said="run.devices asks for cuda:93, but this machine has",
        remedy="run.devices",
        code=1,
    )


def test_a_store_made_by_a_newer_version(workspace: Path, pft: Pft) -> None:
    assert pft(workspace, "corpora", "check", "esd").returncode == 0
    with duckdb.connect(str(workspace / ".pft" / "store.duckdb")) as connection:
        connection.execute("update private.meta set schema_version = 9999")
    refused(pft, workspace, "run", said="newer", remedy="upgrade pft-tui", code=1)


def test_wrong_settings_name_file_key_and_what_would_be_right(workspace: Path, pft: Pft) -> None:
    with (workspace / "pft.toml").open("a") as file:
        file.write("[finetun]\n")
    refused(pft, workspace, "run", said="pft.toml: unknown key finetun", remedy="'finetune'", code=2)


def test_wrong_sql_is_answered_in_one_place(workspace: Path, pft: Pft) -> None:
    assert pft(workspace, "corpora", "check", "esd").returncode == 0
    refused(pft, workspace, "sql", "select nonsense from trials", said="nonsense", remedy="", code=2)
    refused(pft, workspace, "results", "figur2", said="figur2", remedy="figure2", code=2)


def test_bad_files_are_problems_and_none_stops_the_others(
    workspace: Path, corpora: dict[str, Path], tmp_path: Path, pft: Pft
) -> None:
    root = tmp_path / "ESD"
    shutil.copytree(corpora["esd"], root)
    empty, cut, text = sorted(root.rglob("*.wav"))[:3]
    soundfile.write(empty, [], 16_000)
    os.truncate(cut, cut.stat().st_size // 2)
    text.write_text("this is no audio")
    answer = pft(workspace, "corpora", "check", "esd", "--set", f"corpora.esd.root={root}")
    assert answer.returncode == 0, answer.stderr
    for kind, file in (("empty", empty), ("truncated", cut), ("unreadable", text)):
        assert f"{kind}: 1" in answer.stdout
        assert str(file.relative_to(root)) in answer.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_is_said_and_nothing_is_lost(workspace: Path, tmp_path: Path, pft: Pft) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=False).returncode:
        pytest.skip("this container may not mount")
    try:
        shutil.copy(workspace / "pft.toml", disk)
        answer = pft(disk, "run")
        assert answer.returncode == 1
        assert "Traceback" not in answer.stderr
        assert "no room" in answer.stderr or "No space left" in answer.stderr
        assert "make room" in answer.stderr
        subprocess.run(["mount", "-o", "remount,size=900m", disk], check=True)
        few = ("grid.subsets=['base']", "grid.emotions=['angry']", "grid.baselines=[]")
        answer = pft(disk, "run", *(part for flag in few for part in ("--set", flag)))
        assert answer.returncode == 0, answer.stderr
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
