from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
import torch

from pft_tui.encoders.identity import (
    EncoderFolder,
    HubEncoder,
    RandomEncoder,
    encoder_fingerprint,
    encoder_source,
)
from pft_tui.encoders.load import load_encoder
from pft_tui.errors import EncoderError


@pytest.mark.parametrize(
    ("name", "model_type", "size", "norm"),
    [
        ("random:tiny", "wav2vec2", "tiny", "group"),
        ("random:base", "wav2vec2", "base", "group"),
        ("random:wav2vec2-tiny-ln", "wav2vec2", "tiny", "layer"),
        ("random:hubert-base", "hubert", "base", "group"),
        ("random:data2vec-tiny", "data2vec-audio", "tiny", "layer"),
        ("random:unispeech-sat-base-ln", "unispeech-sat", "base", "layer"),
    ],
)
def test_names_of_random_encoders(name, model_type, size, norm):
    source = encoder_source(name)
    assert isinstance(source, RandomEncoder)
    assert (source.family.model_type, source.size, source.cnn_norm) == (model_type, size, norm)


@pytest.mark.parametrize("name", ["random:", "random:huge", "random:nope-tiny", "random:hubert", "random:ln"])
def test_an_unknown_random_encoder_is_answered_with_those_that_exist(name):
    with pytest.raises(EncoderError, match=f"no random encoder {name}") as caught:
        encoder_source(name)
    assert "tiny, base" in caught.value.hint
    assert "wavlm" in caught.value.hint


def test_a_folder_that_exists_wins_over_a_hub_id(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert encoder_source("facebook/wav2vec2-base") == HubEncoder("facebook/wav2vec2-base")
    (tmp_path / "facebook" / "wav2vec2-base").mkdir(parents=True)
    assert isinstance(encoder_source("facebook/wav2vec2-base"), EncoderFolder)


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "~/nothing/here", "a/b/c", "two words", ""])
def test_a_path_that_leads_nowhere_is_no_hub_id(name):
    with pytest.raises(EncoderError, match="no encoder folder '"):
        encoder_source(name)


def test_names_identify_hub_and_random_encoders():
    names = ["random:tiny", "random:base", "facebook/wav2vec2-base", "facebook/hubert-base-ls960"]
    prints = [encoder_fingerprint(name) for name in names]
    assert len({*prints, encoder_fingerprint(names[2], revision="abc")}) == 5


def test_a_folder_is_identified_by_what_it_holds_and_not_by_where_it_lies(saved, tmp_path):
    original = saved("random:tiny")
    copy = tmp_path / "elsewhere"
    shutil.copytree(original, copy)
    (copy / "notes.txt").write_text("of no consequence")
    assert encoder_fingerprint(str(copy)) == encoder_fingerprint(str(original))


@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json"])
def test_other_settings_are_another_encoder(file, saved, tmp_path):
    shutil.copytree(saved("random:tiny"), tmp_path / "copy")
    before = encoder_fingerprint(str(tmp_path / "copy"))
    path = tmp_path / "copy" / file
    path.write_text(path.read_text().replace("{", "{ ", 1))
    assert encoder_fingerprint(str(tmp_path / "copy")) != before


def test_a_step_of_training_makes_another_encoder(tmp_path):
    """Of one architecture, one size and one header: the weights alone differ."""
    encoder = load_encoder("random:tiny")
    encoder.save(tmp_path / "before")
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter *= 1 + 1e-6
    encoder.save(tmp_path / "after")
    before, after = (tmp_path / name / "model.safetensors" for name in ("before", "after"))
    assert before.stat().st_size == after.stat().st_size
    assert encoder_fingerprint(str(tmp_path / "before")) != encoder_fingerprint(str(tmp_path / "after"))


def test_large_weights_are_sampled_from_end_to_end(tmp_path):
    path = tmp_path / "model.safetensors"
    content = bytearray(64 * 1024 * 1024)
    prints = set()
    for position in (None, 0, 32 * 1024 * 1024, 64 * 1024 * 1024 - 1024 * 1024):
        if position is not None:
            content[position] = 1
        path.write_bytes(content)
        prints.add(encoder_fingerprint(str(tmp_path)))
    assert len(prints) == 4


def test_identity_needs_no_torch():
    code = (
        "import sys; from pft_tui.encoders.identity import encoder_fingerprint as f; "
        "f('random:tiny'); sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
