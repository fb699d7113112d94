from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from pft_tui.encoders.families import FAMILIES
from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.errors import CheckpointError, EncoderError


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of a good encoder's folder, to be spoilt."""
    shutil.copytree(saved("random:tiny"), tmp_path / "encoder")
    return tmp_path / "encoder"


def set_in(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def weights(encoder):
    return {key: value.clone() for key, value in encoder.state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_makes_a_small_encoder(family, speech):
    encoder = load_encoder(f"random:{family}-tiny")
    assert not encoder.training
    assert sum(parameter.numel() for parameter in encoder.parameters()) < 150_000
    assert encoder.minimum_samples == 400
    assert encoder.frames([1, 400, 719, 720, 16_000]) == [1, 1, 1, 2, 49]
    hidden = encoder(Ragged.pad(speech(16_000, 720)))
    assert hidden.values.shape == (2, 49, encoder.hidden_size)
    assert hidden.known == (49, 2)


def test_random_weights_depend_on_name_and_seed_alone():
    first = weights(load_encoder("random:tiny", seed=4))
    torch.manual_seed(99)
    torch.rand(10)
    assert same(weights(load_encoder("random:tiny", seed=4)), first)
    assert not same(weights(load_encoder("random:tiny", seed=5)), first)


def test_loading_leaves_the_generators_as_they_were(saved):
    torch.manual_seed(7)
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    load_encoder("random:tiny", seed=4)
    load_encoder(str(saved("random:tiny")))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)


@pytest.mark.parametrize("name", ["random:tiny", "random:wavlm-tiny-ln", "random:data2vec-tiny"])
def test_a_saved_encoder_is_read_by_transformers_and_by_us(name, tmp_path):
    encoder = load_encoder(name, seed=3)
    encoder.save(tmp_path / "saved")
    assert {path.name for path in tmp_path.iterdir()} == {"saved"}
    theirs = AutoModel.from_pretrained(tmp_path / "saved")
    assert same(theirs.state_dict(), encoder.model.state_dict())
    again = load_encoder(str(tmp_path / "saved"))
    assert same(weights(again), weights(encoder))
    assert again.extractor.do_normalize == encoder.extractor.do_normalize


def test_saving_replaces_what_is_there(tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "stale.txt").write_text("old")
    load_encoder("random:tiny").save(tmp_path / "saved")
    names = {path.name for path in (tmp_path / "saved").iterdir()}
    assert names == {"config.json", "model.safetensors", "preprocessor_config.json"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointError, match=r"cannot write the encoder to .*file/encoder"):
        load_encoder("random:tiny").save(tmp_path / "file" / "encoder")
    assert {path.name for path in tmp_path.iterdir()} == {"file"}


def test_the_terminal_is_left_alone(saved, tmp_path, capfd):
    load_encoder(str(saved("random:tiny"))).save(tmp_path / "again")
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_gradient_checkpointing_is_off_whatever_the_config_says(folder, speech):
    set_in(folder / "config.json", gradient_checkpointing=True)
    encoder = load_encoder(str(folder))
    assert not any(getattr(module, "gradient_checkpointing", False) for module in encoder.modules())


def test_half_precision_checkpoints_are_read_as_float32(tmp_path):
    load_encoder("random:tiny").model.half().save_pretrained(tmp_path)
    encoder = load_encoder(str(tmp_path))
    assert {parameter.dtype for parameter in encoder.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("name", "normalises"), [("random:wavlm-tiny", False), ("random:wavlm-tiny-ln", True)]
)
def test_a_folder_without_preprocessor_settings_is_taken_as_its_family_is(name, normalises, tmp_path):
    load_encoder(name).model.save_pretrained(tmp_path)
    assert load_encoder(str(tmp_path)).extractor.do_normalize is normalises


def test_what_a_checkpoint_may_lack_is_drawn_from_the_seed(folder):
    """Fine-tuned encoders come without the vector of SpecAugment."""
    set_in(folder / "config.json", apply_spec_augment=True, mask_time_prob=0.05)
    model = AutoModel.from_pretrained(folder)
    state = {key: value for key, value in model.state_dict().items() if key != "masked_spec_embed"}
    model.save_pretrained(folder, state_dict=state)
    assert "masked_spec_embed" not in load_file(folder / "model.safetensors")
    vectors = [load_encoder(str(folder), seed=seed).model.masked_spec_embed for seed in (1, 1, 2)]
    assert torch.equal(vectors[0], vectors[1])
    assert not torch.equal(vectors[0], vectors[2])


def drop_config(folder):
    (folder / "config.json").unlink()


def truncate(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def pickle_only(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


SPOILT = {
    "no config.json": drop_config,
    "not a valid JSON": lambda folder: (folder / "config.json").write_text("{"),
    "encoders of type bert are not supported": lambda folder: set_in(
        folder / "config.json", model_type="bert"
    ),
    "does not recognize": lambda folder: set_in(folder / "config.json", model_type="wav3vec"),
    "hidden_size": lambda folder: set_in(folder / "config.json", hidden_size="wide"),
    "embed_dim": lambda folder: set_in(folder / "config.json", num_attention_heads=5),
    "of another size": lambda folder: set_in(folder / "config.json", hidden_size=128),
    "are absent": lambda folder: set_in(folder / "config.json", num_hidden_layers=3),
    "adapter": lambda folder: set_in(folder / "config.json", add_adapter=True),
    "are damaged": truncate,
    "only pytorch_model.bin": pickle_only,
    "no model.safetensors": lambda folder: (folder / "model.safetensors").unlink(),
    "8000 Hz": lambda folder: set_in(folder / "preprocessor_config.json", sampling_rate=8_000),
    "WhisperFeatureExtractor": lambda folder: set_in(
        folder / "preprocessor_config.json", feature_extractor_type="WhisperFeatureExtractor"
    ),
    "has no attribute": lambda folder: (folder / "preprocessor_config.json").write_text("[]"),
}


@pytest.mark.parametrize("words", SPOILT)
def test_a_spoilt_folder_is_named_with_its_remedy(words, folder):
    SPOILT[words](folder)
    with pytest.raises(EncoderError, match=words) as caught:
        load_encoder(str(folder))
    assert caught.value.hint
    assert "\n" not in str(caught.value)


HUB = """
import time
from huggingface_hub import constants
from pft_tui.encoders.load import load_encoder
from pft_tui.errors import CheckpointError, EncoderError

print(load_encoder("someone/tiny").model.num_parameters())
for constants.HF_HUB_OFFLINE in (False, True):
    start = time.monotonic()
    try:
        load_encoder("facebook/wav2vec2-base")
    except EncoderError as error:
        print(error)
    print(time.monotonic() - start)
"""


def test_the_hub_is_asked_once_and_only_for_what_is_not_in_its_cache(saved, tmp_path):
    """In a process of its own, with a cache as the hub lays it out and a port where nobody listens."""
    repository = tmp_path / "models--someone--tiny"
    shutil.copytree(saved("random:tiny"), repository / "snapshots" / "0123abcd")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123abcd")
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    run = subprocess.run(
        [sys.executable, "-c", HUB], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    parameters, *failures = run.stdout.splitlines()
    assert int(parameters) == load_encoder("random:tiny").model.num_parameters()
    for message, seconds in (failures[:2], failures[2:]):
        assert "cannot get encoder facebook/wav2vec2-base: " in message
        assert "download it elsewhere (`hf download`) and give the folder as encoder.name" in message
        assert float(seconds) < 8
