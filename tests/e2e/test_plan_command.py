"""`pft plan` in a real workspace: before anything has run, after some of it has, and at the end."""

import json
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from noop_grids import PFT
from small_workspaces import Pft, environment

from pft_tui.encoders.load import load_encoder

pytestmark = pytest.mark.slow

SETS = ["--set", 'grid.subsets=["base","iemocap"]', "--set", 'grid.emotions=["sad"]']
GRID = [*SETS, "--set", 'grid.speakers=["0001","0011"]', "--set", "finetune.epochs=4"]


def planned(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_says_what_is_lacking_what_that_takes_and_goes_on_from_what_is_done(workspace: Path, pft: Pft):
    calibration = workspace / ".pft" / "calibration.json"
    before = planned(pft(workspace, "plan", "--json", *GRID))
    assert before["models"] == {"all": 1, "lacking": 1}
    assert before["trials"] == {"all": 6, "lacking": 6}  # two models and a baseline, two speakers
    assert set(before["files"]) == {"esd", "iemocap"}
    assert before["epochs_assumed"]
    kinds = {part["kind"] for part in before["parts"]}
    assert kinds == {"prepare", "prefinetune", "trials"}
    for part in before["parts"]:
        assert 0 < part["low"]["wall"] <= part["expected"]["wall"] <= part["high"]["wall"]
        assert part["expected"]["cpu"] > 0
    longest = max(part["expected"]["wall"] for part in before["parts"])
    assert longest < before["seconds"]["expected"]
    assert before["disk_bytes"]["features_most"] == 0  # nothing of an encoder is frozen
    assert not (workspace / "pft.duckdb").exists()
    assert not list((workspace / ".pft" / "models").iterdir())

    first = calibration.read_bytes()
    table = pft(workspace, "plan", *GRID)
    assert table.returncode == 0, table.stderr
    assert "to do: 1 of 1 models, 6 of 6 trials" in table.stdout
    assert "pre-finetune" in table.stdout
    assert calibration.read_bytes() == first  # what was timed is not timed again

    half = [*SETS, "--set", 'grid.speakers=["0001"]', "--set", "finetune.epochs=4"]
    done = pft(workspace, "run", *half)
    assert done.returncode == 0, done.stderr
    between = planned(pft(workspace, "plan", "--json", *GRID))
    assert between["models"]["lacking"] == 0
    assert between["trials"] == {"all": 6, "lacking": 3}
    assert between["files"] == {}
    assert {part["kind"] for part in between["parts"]} == {"trials"}
    assert calibration.read_bytes() != first  # it held for another encoder, protocol or length
    ended = pft(workspace, "plan", *half)
    assert ended.stdout == "nothing is left to do\n"
    complete = planned(pft(workspace, "plan", "--json", *half))
    assert complete["trials"] == {"all": 3, "lacking": 0}
    assert complete["seconds"]["expected"] == 0


def test_it_says_that_features_are_kept_and_may_spare_time(workspace: Path, pft: Pft):
    probes = ["--set", "finetune.protocol=head", "--set", 'grid.subsets=["base"]', *GRID[2:]]
    assert pft(workspace, "run", *probes).returncode == 0
    more = [*probes, "--set", "grid.seed=1"]
    kept = planned(pft(workspace, "plan", "--json", *more))["disk_bytes"]
    held = sum(path.stat().st_size for path in (workspace / ".pft/features").rglob("*") if path.is_file())
    assert kept["features"] == held > 0
    assert kept["features_most"] == 10 << 30
    assert kept["needed"] == kept["audio"] + kept["models"] + kept["checkpoints"]
    words = pft(workspace, "plan", *more).stdout
    assert "feature cache: 0.00 GiB now, at most 10 (run.feature_cache), of what is left" in words
    assert "Trials take less than this by what the feature cache spares" in words
    off = planned(pft(workspace, "plan", "--json", *more, "--set", "run.feature_cache=0"))["disk_bytes"]
    assert (off["features"], off["features_most"]) == (0, 0)


def test_an_encoder_that_only_a_worker_finds_damaged_is_said_in_one_line(workspace: Path, pft: Pft):
    folder = workspace / "encoder"
    load_encoder("random:tiny").save(folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    done = pft(workspace, "plan", "--set", f"encoder.name={json.dumps(str(folder))}", *GRID)
    assert done.returncode == 1
    assert str(folder) in done.stderr
    assert "Traceback" not in done.stderr
    assert not (workspace / ".pft" / "calibration.json").exists()


def test_an_interrupt_ends_it_and_its_workers_at_once(workspace: Path):
    process = subprocess.Popen(
        [*PFT, "plan", *GRID],
        cwd=workspace,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        while not (workers := psutil.Process(process.pid).children()):
            assert process.poll() is None
            time.sleep(0.2)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        said, words = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, said) == (130, b"")
    assert b"Traceback" not in words
    assert not any(worker.is_running() for worker in workers)
    assert not (workspace / ".pft" / "calibration.json").exists()
