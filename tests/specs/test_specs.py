"""Ids depend on what decides a result and on nothing else; orders and events survive a file."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pft_tui.events import JobFinished, Metrics, Spool, TrialResult, parse, parse_all
from pft_tui.orders import Prefinetune, Prepare, RunTrials, receive, send
from pft_tui.protocols import Recipe, label, recipe
from pft_tui.settings.model import FinetuneSettings, PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec

ENCODER = EncoderSpec("random:tiny", None, "f1", 0)
A, B = CorpusRef("a", "d1"), CorpusRef("b", "d2")
MODEL = ModelSpec(ENCODER, (A, B), PrefinetuneSettings(), 0)
TRIAL = TrialSpec(
    MODEL.model_id,
    "finetune",
    "paper",
    Recipe(),
    CorpusRef("esd", "d3"),
    "0001",
    "Mandarin",
    "angry",
    2,
    0,
    0,
)


def test_the_same_spec_has_the_same_id_everywhere() -> None:
    assert MODEL.model_id == replace(MODEL).model_id
    assert replace(MODEL, corpora=(B, A)).model_id == MODEL.model_id
    assert replace(MODEL, corpora=(B, A)).corpus_set == "a+b"
    assert len({MODEL.model_id, TRIAL.trial_id}) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"encoder": replace(ENCODER, fingerprint="f2")},
        {"encoder": replace(ENCODER, seed=1)},
        {"corpora": (A,)},
        {"corpora": (A, replace(B, digest="other"))},
        {"settings": PrefinetuneSettings(epochs=7)},
        {"seed": 1},
    ],
)
def test_what_decides_a_model_changes_its_id(change: dict) -> None:
    assert replace(MODEL, **change).model_id != MODEL.model_id


@pytest.mark.parametrize(
    "change",
    [
        {"model_id": None},
        {"method": "constant"},
        {"recipe": Recipe(epochs=7)},
        {"recipe": Recipe(adapt="head")},
        {"downstream": CorpusRef("esd", "other")},
        {"speaker": "0002"},
        {"emotion": "sad"},
        {"k": 4},
        {"trial": 1},
        {"seed": 1},
    ],
)
def test_what_decides_a_trial_changes_its_id(change: dict) -> None:
    assert replace(TRIAL, **change).trial_id != TRIAL.trial_id


def test_an_encoder_is_the_same_wherever_its_folder_lies() -> None:
    assert replace(MODEL, encoder=replace(ENCODER, name="/elsewhere")).model_id == MODEL.model_id


def test_the_base_is_one_model_whatever_the_pre_finetuning_and_seed() -> None:
    bases = {ModelSpec(ENCODER, (), None, seed).model_id for seed in (0, 1)}
    assert len(bases) == 1
    assert ModelSpec(ENCODER, (), None, 0).corpus_set == "base"


def test_protocols_are_those_of_the_text_and_of_the_released_code() -> None:
    for k in (2, 64):
        paper = recipe(FinetuneSettings(), k)
        assert (paper.epochs, paper.patience, paper.padding, paper.freeze_cnn) == (200, 30, "none", False)
    released = FinetuneSettings(protocol="released")
    assert (recipe(released, 8).epochs, recipe(released, 8).patience) == (200, 30)
    assert (recipe(released, 16).epochs, recipe(released, 16).patience) == (50, 5)
    assert recipe(released, 16).padding == "split"
    assert recipe(FinetuneSettings(protocol="frozen-cnn"), 2) == replace(
        recipe(FinetuneSettings(), 2), freeze_cnn=True
    )


def test_a_protocol_with_something_set_over_it_has_a_name_of_its_own() -> None:
    assert label(FinetuneSettings()) == "paper"
    assert label(FinetuneSettings(epochs=200, patience=30)) == "paper"
    assert label(FinetuneSettings(patience=8, epochs=20)) == "paper(epochs=20,patience=8)"
    assert label(FinetuneSettings(protocol="released", epochs=50)) == "released(epochs=50)"
    assert label(FinetuneSettings(task="multiclass")) == "paper(task=multiclass)"


def test_orders_come_out_of_the_inbox_as_they_went_in(tmp_path: Path) -> None:
    orders = [
        RunTrials(MODEL, (TRIAL, replace(TRIAL, k=4)), {TRIAL.trial_id: 2}, 1.5),
        Prefinetune(MODEL, 1, 1.5),
        Prepare("p", A, 3, 1.5),
    ]
    for order in orders:
        send(order, tmp_path / "inbox")
    received = [receive(line) for line in (tmp_path / "inbox").read_bytes().splitlines()]
    assert received == orders
    assert received[0].trials[0].trial_id == TRIAL.trial_id


def test_events_come_out_of_the_spool_as_they_went_in_and_garbage_is_none(tmp_path: Path) -> None:
    events = [
        Metrics("r", [1, 2], [4, 8], {"train_loss": [0.5, 0.25], "val_loss": [None, 1.0]}, [1.0, 1.5]),
        TrialResult("t", 9, 3, 0.5, 0.5, 0.5, 0.5, 1.5, "cpu", ["u1", "u2"], "e", 1.0, 2.0),
        JobFinished("t", 2.0),
    ]
    with Spool(tmp_path / "spool.jsonl") as spool:
        spool.append(events[:2])
        spool.append(events[2:])
    lines = (tmp_path / "spool.jsonl").read_bytes().splitlines()
    assert [parse(line) for line in lines] == events
    assert parse_all(lines) == events
    whole, half = lines[0], lines[0][:40]
    assert parse_all([half, whole, b"", lines[0][40:], b"1", whole]) == [
        None,
        events[0],
        None,
        None,
        None,
        events[0],
    ]
    assert parse_all([whole + b"," + whole, whole]) == [None, events[0]]  # not three
    assert parse(b"{'no': json}") is None
    assert parse(b'{"type": "unheard of"}') is None
    assert (tmp_path / "spool.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_spool_name_is_never_used_twice(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool.jsonl"), pytest.raises(FileExistsError):
        Spool(tmp_path / "spool.jsonl")


def test_a_full_disk_loses_no_event_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write, full = os.write, [True]

    def write(file: int, data: bytes) -> int:
        if full[0]:
            raise OSError(28, "No space left on device")
        return real_write(file, data)

    events = [JobFinished(f"t{n}", float(n)) for n in range(5)]
    with Spool(tmp_path / "spool.jsonl") as spool:
        monkeypatch.setattr(os, "write", write)
        spool.append(events[:3])
        full[0] = False
        spool.append(events[3:])
    assert [parse(line) for line in (tmp_path / "spool.jsonl").read_bytes().splitlines()] == events
