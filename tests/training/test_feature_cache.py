"""What frozen parts gave is kept on the disk, and changes no bit of what follows from it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hums import make_speaker, make_trial

from pft_tui.encoders.load import load_encoder
from pft_tui.training import feature_cache
from pft_tui.training.feature_cache import FeatureCache
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.frozen import Kept
from pft_tui.units import GIB

CPU = torch.device("cpu")
WAYS = {
    "frozen-cnn": {"freeze_cnn": True},
    "lora": {"adapt": "lora", "freeze_cnn": True},
    "head": {"adapt": "head", "freeze_cnn": True, "learning_rate": 1e-2, "batch_size": 8},
}


def trials_of(way, **more):
    recipe = {"epochs": 3, **WAYS[way], **more}
    return [make_trial("Sad", k=6, trial=number, **recipe) for number in range(2)]


def run(speaker, trials, folder=None, *, encoder=None, limit=GIB, floor=0, shares_cnn=True):
    """The reports and outcomes of trials, as a worker runs them."""
    rows, encoder = [], encoder or load_encoder("random:tiny")
    with FeatureCache(folder or Path("none"), limit=limit, floor=floor) as cache:
        kept = Kept(cache, "esd/0011", shares_cnn) if folder else None
        trainer = FewShotTrainer(encoder, speaker, device=CPU, kept=kept)
        for trial in trials:
            outcome = trainer.run(trial, lambda *each: rows.append(each), lambda: False)
            rows.append({name: getattr(outcome, name) for name in outcome.__slots__ if name != "seconds"})
    return rows


def deaf(encoder, *, also_blind=False):
    """The encoder, of which the CNN (and the whole of it) may not be asked."""

    def refuse(_batch):
        raise AssertionError("computed again")

    encoder.features = refuse
    if also_blind:
        encoder.pooled_layers = refuse
    return encoder


def files_in(folder):
    return sorted(path for path in folder.glob("*/*") if path.is_file())


@pytest.mark.parametrize("way", list(WAYS))
def test_results_are_the_same_to_the_bit_without_a_cache_with_an_empty_one_and_with_a_full_one(
    tmp_path, speaker, way
):
    trials = trials_of(way)
    without = run(speaker, trials)
    assert run(speaker, trials, tmp_path / "cache") == without
    full = deaf(load_encoder("random:tiny"), also_blind=way == "head")
    assert run(speaker, trials, tmp_path / "cache", encoder=full) == without


def test_another_model_with_the_same_cnn_hears_nothing_again(tmp_path, speaker):
    run(speaker, trials_of("head"), tmp_path / "cache")
    other = load_encoder("random:tiny")
    with torch.no_grad():
        other.model.encoder.layers[0].final_layer_norm.bias += 1.0
    for way in WAYS:
        without = run(speaker, trials_of(way), encoder=_like(other))
        assert run(speaker, trials_of(way), tmp_path / "cache", encoder=deaf(_like(other))) == without


def _like(encoder):
    fresh = load_encoder("random:tiny")
    fresh.load_state_dict(encoder.state_dict())
    return fresh


def test_what_would_come_out_otherwise_is_not_taken(tmp_path, speaker):
    trials = trials_of("head")
    run(speaker, trials, tmp_path / "cache")
    retrained = load_encoder("random:tiny")
    with torch.no_grad():
        retrained.model.feature_extractor.conv_layers[3].conv.weight += 0.1
    for encoder, asked in (
        (retrained, trials),
        (load_encoder("random:tiny"), trials_of("head", crop_seconds=0.3)),
        (load_encoder("random:tiny"), trials_of("head", precision="bf16")),
        (load_encoder("random:tiny", seed=1), trials),
    ):
        without = run(speaker, asked, encoder=_copy(encoder))
        assert run(speaker, asked, tmp_path / "cache", encoder=_copy(encoder)) == without
        with pytest.raises(AssertionError, match="computed again"):
            run(speaker, asked, tmp_path / "other", encoder=deaf(encoder))
    louder = make_speaker()
    for samples in louder.test.audio:
        samples //= 2
        samples[::7] = 0
    assert run(louder, trials, tmp_path / "cache") == run(louder, trials)


def _copy(encoder):
    from copy import deepcopy

    return deepcopy(encoder)


def test_the_output_of_a_cnn_of_ones_own_is_not_written(tmp_path, speaker):
    run(speaker, trials_of("frozen-cnn"), tmp_path / "cache", shares_cnn=False)
    assert files_in(tmp_path / "cache") == []


@pytest.mark.parametrize("harm", ["cut short", "a bit turned", "emptied", "no safetensors"])
def test_damage_is_noticed_and_mended(tmp_path, speaker, harm, caplog):
    trials = trials_of("frozen-cnn")
    without = run(speaker, trials, tmp_path / "cache")
    [file] = files_in(tmp_path / "cache")
    content = file.read_bytes()
    broken = {
        "cut short": content[: len(content) // 2],
        "a bit turned": content[:-50] + bytes([content[-50] ^ 4]) + content[-49:],
        "emptied": b"",
        "no safetensors": b"x" * len(content),
    }[harm]
    file.write_bytes(broken)
    assert run(speaker, trials, tmp_path / "cache") == without
    assert "is damaged: what it held is computed anew" in caplog.text
    # What was read of the file before the damage was met is lost with it: one more run to have all again.
    assert run(speaker, trials, tmp_path / "cache") == without
    assert run(speaker, trials, tmp_path / "cache", encoder=deaf(load_encoder("random:tiny"))) == without


def test_it_may_be_deleted_while_it_is_in_use(tmp_path, speaker, monkeypatch):
    monkeypatch.setattr(feature_cache, "WRITE_SECONDS", 0.0)  # every utterance in a file of its own
    without, first = run(speaker, trials_of("frozen-cnn")), True
    encoder = load_encoder("random:tiny")
    compute = encoder.features

    def compute_and_clear(batch):
        nonlocal first
        if not first:
            for file in files_in(tmp_path / "cache"):
                file.unlink()
        first = False
        return compute(batch)

    encoder.features = compute_and_clear
    assert run(speaker, trials_of("frozen-cnn"), tmp_path / "cache", encoder=encoder) == without


def test_only_the_user_may_read_it(tmp_path, speaker):
    run(speaker, trials_of("head"), tmp_path / "cache")
    folder = tmp_path / "cache"
    assert len(files_in(folder)) == 2  # of the CNN and of all layers
    for path in (folder, *folder.glob("*"), *folder.glob("*/*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def put(folder, names, *, limit, floor=0, size=1000):
    with FeatureCache(folder, limit=limit, floor=floor) as cache:
        for name in names:
            cache.shelf(f"shelf-{name}").put(name, torch.full((size,), 1.0))


def held(folder, names):
    cache = FeatureCache(folder, limit=0, floor=0)
    return [name for name in names if cache.shelf(f"shelf-{name}").get(name) is not None]


def age(folder, name, seconds):
    [file] = (folder / f"shelf-{name}").iterdir()
    os.utime(file, (file.stat().st_atime, file.stat().st_mtime - seconds))


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    put(tmp_path, "abc", limit=15_000)
    for number, name in enumerate("abc"):
        age(tmp_path, name, 100 - number)
    assert held(tmp_path, "a") == ["a"]  # and by that the last to be used
    put(tmp_path, "d", limit=15_000)
    assert held(tmp_path, "abcd") == ["a", "c", "d"]
    assert sum(path.stat().st_size for path in files_in(tmp_path)) <= 15_000


def test_nothing_is_written_that_cannot_fit_or_that_would_fill_the_disk(tmp_path):
    put(tmp_path / "small", "a", limit=3_999)
    put(tmp_path / "full", "a", limit=GIB, floor=1 << 60)
    assert files_in(tmp_path) == held(tmp_path / "small", "a") == held(tmp_path / "full", "a") == []


def test_a_disk_that_takes_nothing_does_no_harm(tmp_path, speaker, caplog):
    blocked = tmp_path / "cache"
    blocked.write_text("a file where the folder should be")
    assert run(speaker, trials_of("head"), blocked) == run(speaker, trials_of("head"))
    assert "is not kept" in caplog.text


def test_what_a_killed_worker_left_half_written_is_cleared_away(tmp_path):
    put(tmp_path, "a", limit=GIB)
    left = tmp_path / "shelf-a" / ".x.safetensors.1-2.partial"
    fresh = tmp_path / "shelf-a" / ".y.safetensors.1-2.partial"
    for partial in (left, fresh):
        partial.write_bytes(b"half")
    os.utime(left, (0, 0))
    assert held(tmp_path, "a") == ["a"]
    put(tmp_path, "b", limit=GIB)
    assert not left.exists()
    assert fresh.exists()


WORKER = """
import sys
from pathlib import Path
from hums import make_speaker
from test_feature_cache import run, trials_of
sys.stdin.readline()
print(run(make_speaker(), [*trials_of("frozen-cnn"), *trials_of("head")], Path(sys.argv[1])))
"""


@pytest.mark.slow
def test_workers_that_compute_the_same_at_once_do_not_clash(tmp_path, speaker):
    here = Path(__file__).parent
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path / "cache")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(here)},
        )
        for _ in range(3)
    ]
    said = [worker.communicate("go\n") for worker in workers]
    assert [words for _, words in said] == [""] * 3
    assert len({rows for rows, _ in said}) == 1
    assert not list((tmp_path / "cache").rglob("*.partial"))
    trials = [*trials_of("frozen-cnn"), *trials_of("head")]
    again = run(speaker, trials, tmp_path / "cache", encoder=deaf(load_encoder("random:tiny")))
    assert again == run(speaker, trials)
