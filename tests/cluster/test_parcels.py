"""What of a workspace an order needs elsewhere."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pft_tui.audio.cache import build
from pft_tui.cluster.parcels import encoder_target, model_files, parcels
from pft_tui.corpora.listing import write_listing
from pft_tui.corpora.load import Corpus, digest_of
from pft_tui.corpora.utterance import Utterance
from pft_tui.orders import Prefinetune, Prepare, RunTrials
from pft_tui.paths import CHECKPOINT, MODEL_RECORD, Workspace
from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec

UTTERANCES = (
    Utterance("1", "a.wav", "Happy", "0001", split="train"),
    Utterance("2", "b.wav", "Happy", "0002", split="train"),
    Utterance("3", "c.wav", "Angry", "0001", split="test"),
    Utterance("4", "no.wav", "Angry", "0001", split="test"),
)
SAMPLES = {"a.wav": 800, "b.wav": 1200, "c.wav": 400}
CORPUS = Corpus(
    "esd", "esd", Path("/"), "f", UTTERANCES, (), ("Angry", "Happy"), digest=digest_of(UTTERANCES)
)
ESD = CorpusRef("esd", CORPUS.digest)


@pytest.fixture
def workspace(tmp_path):
    """A workspace with one prepared corpus of three files, one after the other in its audio."""
    place = Workspace(tmp_path / "work")
    place.root.mkdir()
    place.make_folders()
    write_listing(place.listing(ESD.name, ESD.digest), CORPUS)
    for name, samples in SAMPLES.items():
        soundfile.write(tmp_path / name, np.zeros(samples, np.int16), 16_000)
    build(place.audio / "esd", tmp_path, SAMPLES)
    return place


def model(encoder, *corpora):
    return ModelSpec(encoder, corpora, PrefinetuneSettings() if corpora else None, 0)


def trial(chosen):
    return TrialSpec(chosen.model_id, "finetune", "paper", Recipe(), ESD, "0001", None, "happy", 2, 0, 0)


def by_target(found):
    return {parcel.target: parcel for parcel in found}


def test_a_model_gets_all_audio_as_far_as_the_index_names_it(workspace):
    with (workspace.audio / "esd" / "audio.i16").open("ab") as audio:
        audio.write(b"of a build that was interrupted")
    order = Prefinetune(model(EncoderSpec("random:tiny", None, "random:tiny"), ESD), 1, 0.0)
    found = by_target(parcels(workspace, order))
    assert set(found) == {"corpora", "audio/esd"}
    assert found["audio/esd"].spans == ((0, 2 * (800 + 1200 + 400)),)
    assert found["audio/esd"].index == (workspace.audio / "esd" / "index.jsonl").stat().st_size
    assert [file.name for file in found["corpora"].files] == [workspace.listing(ESD.name, ESD.digest).name]


def test_a_bundle_gets_the_audio_of_its_speaker(workspace):
    base = model(EncoderSpec("random:tiny", None, "random:tiny"))
    audio = by_target(parcels(workspace, RunTrials(base, (trial(base),), {}, 0.0)))["audio/esd"]
    assert audio.spans == ((0, 2 * 800), (2 * 2000, 2 * 2400))
    assert audio.audio == 2 * 2400


def test_a_damaged_listing_is_left_to_the_worker_to_meet(workspace):
    listing = workspace.listing(ESD.name, ESD.digest)
    listing.write_text(listing.read_text().replace("0002", "0003"))
    base = model(EncoderSpec("random:tiny", None, "random:tiny"))
    assert set(by_target(parcels(workspace, RunTrials(base, (trial(base),), {}, 0.0)))) == {"corpora"}


def test_a_trained_model_goes_and_an_encoder_that_is_not_needed_does_not(workspace, tmp_path):
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    for name in ("config.json", "model.safetensors", "pytorch_model.bin"):
        (encoder / name).write_text(name)
    spec = EncoderSpec(str(encoder), None, "sha256:0")
    trained, base = model(spec, ESD), model(spec)
    folder = workspace.models / trained.model_id
    (folder / CHECKPOINT).parent.mkdir(parents=True)
    half_written = str(CHECKPOINT.with_name(".tmpA1b2C3"))
    for name in (MODEL_RECORD, "config.json", "model.safetensors.partial", half_written, str(CHECKPOINT)):
        (folder / name).write_text(name)

    from_trained = trial(trained)
    found = by_target(parcels(workspace, RunTrials(trained, (from_trained,), {}, 0.0)))
    assert encoder_target(spec) not in found
    names = [file.name for file in found[f"models/{trained.model_id}"].files]
    assert names == [str(CHECKPOINT), "config.json", MODEL_RECORD]  # what makes it whole comes last

    found = by_target(parcels(workspace, RunTrials(base, (trial(base),), {}, 0.0)))
    assert f"models/{base.model_id}" not in found
    assert [file.name for file in found[encoder_target(spec)].files] == ["config.json", "model.safetensors"]


def test_what_is_not_there_is_left_to_the_worker_to_miss(workspace):
    nowhere = CorpusRef("nowhere", "e" * 32)
    order = Prefinetune(model(EncoderSpec("/no/such/folder", None, "f"), nowhere), 1, 0.0)
    assert [parcel.files for parcel in parcels(workspace, order)] == [()]
    assert parcels(workspace, Prepare("p", nowhere, 1, 0.0)) == []
    assert model_files(workspace.models / "none") == ()
