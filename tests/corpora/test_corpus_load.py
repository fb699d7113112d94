from dataclasses import replace
from pathlib import Path

import pytest
from releases import ESD_NUMBERS, esd, iemocap, kinds, load, msp_podcast

from pft_tui.corpora.labels import label_of_code
from pft_tui.corpora.load import CorpusOptions, digest_of, load_corpus
from pft_tui.corpora.walk import list_files
from pft_tui.errors import CorpusError, SettingsError


def test_keep_comes_before_merge(tmp_path):
    root = iemocap(tmp_path)
    keep = ("anger", "happiness", "excitement")
    corpus = load("iemocap", root, keep=keep, merge={"excitement": "happiness"})
    assert corpus.labels == ("anger", "happiness")
    assert [item.label for item in corpus.utterances] == ["happiness", "anger", "happiness"]


def test_merge_may_make_a_new_label(tmp_path):
    corpus = load("esd", esd(tmp_path), merge={"angry": "negative", "sad": "negative"})
    assert corpus.labels == ("happy", "negative", "neutral", "surprise")


def test_labels_that_do_not_exist_name_the_nearest(tmp_path):
    root = esd(tmp_path)
    with pytest.raises(SettingsError, match=r"keep names 'hapy'.*did you mean 'happy'"):
        load("esd", root, keep=("hapy",))
    with pytest.raises(SettingsError, match=r"merge names 'sad'.*that `keep` leaves"):
        load("esd", root, keep=("happy", "angry"), merge={"sad": "angry"})


def test_an_empty_scheme_takes_the_codes_that_were_found():
    assert label_of_code({}, ["b", "a"], (), {"a": "c"}) == {"a": "c", "b": "b"}
    assert label_of_code({"A": "x", "B": "y"}, [], ("y",), {}) == {"B": "y"}


def test_the_release_split_is_the_default_and_can_be_set_aside(tmp_path):
    root = msp_podcast(tmp_path)
    assert [item.split for item in load("msp_podcast", root).utterances] == [
        *("train", "train", "evaluation", "test", "test")
    ]
    seeded = load("msp_podcast", root, split="utterance", split_fractions=(0.6, 0.2, 0.2))
    assert sorted(item.split for item in seeded.utterances) == [*("evaluation", "test", *["train"] * 3)]


def test_a_release_without_splits_is_split_by_utterance(tmp_path):
    root = iemocap(tmp_path)
    released = load("iemocap", root, labels="all")
    assert released.digest == load("iemocap", root, labels="all", split="utterance").digest
    assert sorted(item.split for item in released.utterances) == ["evaluation", "test", *["train"] * 6]


def test_a_split_by_speaker_shares_none(tmp_path):
    corpus = load("iemocap", iemocap(tmp_path), split="speaker")
    speakers = {
        split: {u.speaker for u in corpus.utterances if u.split == split}
        for split in ("train", "evaluation", "test")
    }
    assert all(speakers.values())
    assert sum(map(len, speakers.values())) == len(set().union(*speakers.values())) == 5


def test_utterances_are_sorted_and_unique(tmp_path):
    corpus = load("esd", esd(tmp_path))
    ids = [item.utterance_id for item in corpus.utterances]
    assert ids == sorted(set(ids))
    assert len(ids) == 2 * sum(map(len, ESD_NUMBERS.values()))


def test_the_digest_follows_what_decides_an_experiment(tmp_path):
    utterances = load("esd", esd(tmp_path)).utterances
    digest = digest_of(utterances)
    first = utterances[0]
    for change in (
        {"utterance_id": "x"},
        {"label": "x"},
        {"speaker": "x"},
        {"language": "x"},
        {"split": "test"},
    ):
        assert digest_of((replace(first, **change), *utterances[1:])) != digest
    for change in ({"path": "x"}, {"text": "x"}):
        assert digest_of((replace(first, **change), *utterances[1:])) == digest
    assert digest_of(utterances[1:]) != digest


def test_the_fingerprint_follows_the_options_but_not_the_root():
    options = CorpusOptions(Path("/a"), "esd", merge={"x": "y", "z": "y"})
    assert replace(options, root=Path("/b"), merge={"z": "y", "x": "y"}).fingerprint == options.fingerprint
    changes = {
        "reader": "tess",
        "labels": "five",
        "parts": "all",
        "keep": ("sad",),
        "merge": {},
        "split": "speaker",
        "split_fractions": (0.7, 0.2, 0.1),
        "split_seed": 1,
        "language": "German",
        "extra": {"path": "file"},
    }
    prints = {replace(options, **{key: value}).fingerprint for key, value in changes.items()}
    assert len(prints | {options.fingerprint}) == len(changes) + 1


@pytest.mark.parametrize("fractions", [(0.5, 0.1, 0.1), (1.2, -0.1, -0.1), (0.0, 0.5, 0.5)])
def test_fractions_must_make_sense(fractions):
    with pytest.raises(SettingsError, match="split_fractions = "):
        CorpusOptions(Path("/a"), "esd", split_fractions=fractions)


def test_a_root_that_is_not_there(tmp_path):
    with pytest.raises(CorpusError, match=r"the root of podcasts, .*gone, does not exist"):
        load_corpus("podcasts", CorpusOptions(tmp_path / "gone", "msp_podcast"))


def test_a_corpus_without_its_audio_is_empty_but_says_why(tmp_path):
    root = iemocap(tmp_path)
    for path in list_files(root, ".wav", []):
        (root / path).unlink()
    for split in ("release", "utterance", "speaker"):
        corpus = load("iemocap", root, split=split)
        assert corpus.utterances == ()
        assert kinds(corpus) == ["missing"] * 8


def test_loops_of_links_end(tmp_path):
    root = esd(tmp_path, ("0001",))
    (root / "0001/again").symlink_to(root)
    assert load("esd", root).problems == ()
