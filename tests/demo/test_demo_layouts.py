from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pft_tui.corpora.load import CorpusOptions, load_corpus
from pft_tui.demo.layouts import MARKER, write_corpora
from pft_tui.demo.scale import Scale
from pft_tui.demo.takes import deal
from pft_tui.errors import CorpusError, UsageError

SMALL = Scale(
    iemocap=60,
    msp_improv=48,
    msp_podcast=80,
    mandarin_speakers=2,
    mandarin_texts=2,
    esd_train=3,
    esd_evaluation=2,
    esd_test=1,
    shortest=0.4,
    longest=0.6,
)
TINY = Scale(
    iemocap=30,
    msp_improv=30,
    msp_podcast=40,
    mandarin_speakers=1,
    mandarin_texts=2,
    esd_train=1,
    esd_evaluation=1,
    esd_test=1,
    shortest=0.3,
    longest=0.35,
)


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    return write_corpora(tmp_path_factory.mktemp("demo") / "corpora", seed=0, scale=SMALL)


def wavs(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.wav"))


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("name", "folder", "rate", "count"),
    [
        ("iemocap", "IEMOCAP_full_release", 16_000, 60),
        ("msp_improv", "MSP-IMPROV", 44_100, 48),
        ("msp_podcast", "MSP-PODCAST", 16_000, 80),
        ("mandarin_as", "LDC2007S09", 22_050, 20),
        ("esd", "ESD", 16_000, 120),
    ],
)
def test_every_file_is_whole_speech_at_the_releases_rate(roots, name, folder, rate, count):
    root = roots[name]
    assert root.name == folder
    assert len(wavs(root)) == count
    for path in wavs(root):
        info = soundfile.info(root / path)
        assert (info.samplerate, info.channels, info.subtype) == (rate, 1, "PCM_16")
        assert 0.4 <= info.duration <= 0.6
        samples, _ = soundfile.read(root / path)
        assert 0.01 < np.abs(samples).max() < 0.95
        assert samples.std() > 0.003


@pytest.mark.parametrize("name", ["iemocap", "msp_improv", "msp_podcast", "mandarin_as", "esd"])
def test_the_ordinary_reader_has_nothing_to_complain_of(roots, name):
    corpus = load_corpus(name, CorpusOptions(roots[name], name))
    assert corpus.problems == ()
    assert len(corpus.utterances) > 0.85 * len(wavs(roots[name]))
    assert (
        set(corpus.labels)
        >= {
            "iemocap": {
                "anger",
                "excitement",
                "fear",
                "frustration",
                "happiness",
                "neutral",
                "other",
                "sadness",
            },
            "msp_improv": {"anger", "happiness", "neutral", "sadness"},
            "msp_podcast": {
                "anger",
                "contempt",
                "disgust",
                "fear",
                "happiness",
                "neutral",
                "other",
                "sadness",
            },
            "mandarin_as": {"anger", "elation", "neutral", "panic", "sadness"},
            "esd": {"angry", "happy", "neutral", "sad", "surprise"},
        }[name]
    )
    assert {item.split for item in corpus.utterances} == {"train", "evaluation", "test"}


def test_iemocap_labels_name_turns_of_both_speakers(roots):
    root = roots["iemocap"]
    turn = re.compile(r"\[\d+\.\d{4} - \d+\.\d{4}\]\t(Ses0[1-5]\S+_[FM]\d{3})\t([a-z]{3})\t\[(.+)\]")
    found, codes = [], Counter()
    for path in root.glob("Session*/dialog/EmoEvaluation/*.txt"):
        for line in path.read_text().splitlines():
            if line.startswith("["):
                match = turn.fullmatch(line)
                assert match is not None, line
                assert match[1].startswith(path.stem)
                assert all(1.0 <= float(value) <= 5.0 for value in match[3].split(", "))
                found.append(match[1])
                codes[match[2]] += 1
            else:
                assert re.match(r"% |[CA]-E\d:\t|$", line), line
    assert sorted(found) == sorted(Path(path).stem for path in wavs(root))
    assert set(codes) == {"ang", "dis", "exc", "fea", "fru", "hap", "neu", "oth", "sad", "sur", "xxx"}
    assert {turn[:5] + turn[-4] for turn in found} == {f"Ses0{n}{sex}" for n in range(1, 6) for sex in "FM"}
    assert list(root.glob("Session1/dialog/EmoEvaluation/Categorical/*_cat.txt"))


def test_msp_improv_has_a_consensus_for_each_file_that_may_differ_from_the_intention(roots):
    root = roots["msp_improv"]
    blocks = (root / "Evalution.txt").read_text().strip().split("\n\n")
    line = re.compile(
        r"UTD-IMPROV-(S\d\d([AHSN])-([FM])(0[1-6])-([PRST])-[FM]{2}\d\d)\.avi; ([AHSNOX]); "
        r"A:\d\.\d{6}; V:\d\.\d{6}; D:\d\.\d{6} ; N:\d\.\d{6};"
    )
    names, agree = set(), 0
    for block in blocks:
        consensus, *raters = block.splitlines()
        match = line.fullmatch(consensus)
        assert match is not None, consensus
        names.add(f"session{int(match[4])}/{match[1][:4]}/{match[5]}/MSP-IMPROV-{match[1]}.wav")
        agree += match[2] == match[6]
        assert len(raters) == 5
        votes = Counter(rater.split(";")[1].strip()[0] for rater in raters)
        (_, most), *others = votes.most_common()
        if match[6] == "X":
            assert others[0][1] == most  # a draw
        else:
            assert votes[match[6]] == most > max([count for _, count in others], default=0)
    assert names == set(wavs(root))
    assert 0.5 * len(names) < agree < len(names)


def test_msp_podcast_lists_every_file_and_shares_no_speaker_between_splits(roots):
    root = roots["msp_podcast"]
    with (root / "Labels" / "labels_consensus.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    header = ["FileName", "EmoClass", "EmoAct", "EmoVal", "EmoDom", "SpkrID", "Gender", "Split_Set"]
    assert list(rows[0]) == header
    assert sorted(f"Audios/{row['FileName']}" for row in rows) == wavs(root)
    assert {row["EmoClass"] for row in rows} == set("ASHUFDCNOX")
    assert {row["Split_Set"] for row in rows} == {"Train", "Development", "Test1", "Test2"}
    assert {row["Gender"] for row in rows} == {"Female", "Male"}
    assert all(1.0 <= float(row[column]) <= 7.0 for row in rows for column in ("EmoAct", "EmoVal", "EmoDom"))
    assert "Unknown" in {row["SpkrID"] for row in rows}
    splits = {(row["SpkrID"], row["Split_Set"]) for row in rows if row["SpkrID"] != "Unknown"}
    assert len(splits) == len({speaker for speaker, _ in splits})


def test_mandarin_as_has_phrases_and_utterances_of_every_emotion(roots):
    parts = [Path(path).parts for path in wavs(roots["mandarin_as"])]
    assert {part[:2] for part in parts} == {("man_aff_spch", "data")}
    counts = Counter((part[2], part[3], part[4]) for part in parts)
    assert {speaker for speaker, _, _ in counts} == {"001", "002"}
    assert len(counts) == 2 * 5 * 2
    assert set(counts.values()) == {1}


def test_esd_numbers_its_files_as_the_release_does(roots):
    root = roots["esd"]
    blocks = ["Neutral", "Angry", "Happy", "Sad", "Surprise"]
    ranges = {"evaluation": range(1, 21), "test": range(21, 51), "train": range(51, 351)}
    counts = Counter()
    for path in wavs(root):
        speaker, emotion, split, name = path.split("/")
        number = int(name.removeprefix(f"{speaker}_").removesuffix(".wav"))
        assert blocks[(number - 1) // 350] == emotion
        assert (number - 1) % 350 + 1 in ranges[split]
        counts[speaker, split] += 1
    each = {"train": 15, "evaluation": 10, "test": 5}
    speakers = ("0001", "0004", "0011", "0015")
    assert counts == {(speaker, split): each[split] for speaker in speakers for split in each}


def test_esd_transcripts_are_read_in_their_encodings(roots):
    corpus = load_corpus("esd", CorpusOptions(roots["esd"], "esd"))
    for utterance in corpus.utterances:
        assert utterance.text is not None
        assert utterance.text.isascii() == (utterance.language == "English")
        assert "\ufffd" not in utterance.text


def test_codes_are_dealt_by_their_shares_and_none_is_left_out():
    rng = np.random.default_rng(0)
    assert Counter(deal(rng, {"a": 50, "b": 30, "c": 20}, 10)) == {"a": 5, "b": 3, "c": 2}
    assert Counter(deal(rng, {"a": 98, "b": 1, "c": 1}, 10)) == {"a": 8, "b": 1, "c": 1}
    assert Counter(deal(rng, {"a": 1, "b": 1, "c": 1}, 10)).total() == 10


def test_same_seed_same_bytes_other_seed_other_speech(tmp_path):
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        write_corpora(tmp_path / name, seed=seed, scale=TINY)
    one, again, other = (contents(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert not {data for path, data in one.items() if path.endswith(".wav")} & set(other.values())


def test_what_is_complete_is_kept_and_what_is_of_another_seed_replaced(tmp_path):
    folder = tmp_path / "corpora"
    roots = write_corpora(folder, seed=0, scale=TINY)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    calls = []
    assert write_corpora(folder, seed=0, scale=TINY, progress=lambda *at: calls.append(at)) == roots
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert calls == []
    write_corpora(folder, seed=1, scale=TINY, progress=lambda *at: calls.append(at))
    total = 30 + 30 + 40 + 10 + 60
    assert calls == [(done, total) for done in range(1, total + 1)]
    assert '"seed": 1' in (folder / MARKER).read_text()


def test_an_interrupted_run_leaves_nothing_or_what_was_there(tmp_path):
    def interrupt(done, total):
        if done == 5:
            raise KeyboardInterrupt

    folder = tmp_path / "corpora"
    with pytest.raises(KeyboardInterrupt):
        write_corpora(folder, seed=0, scale=TINY, progress=interrupt)
    assert list(tmp_path.iterdir()) == []
    write_corpora(folder, seed=0, scale=TINY)
    before = contents(folder)
    with pytest.raises(KeyboardInterrupt):
        write_corpora(folder, seed=1, scale=TINY, progress=interrupt)
    assert contents(folder) == before
    assert list(tmp_path.iterdir()) == [folder]


def test_leftovers_of_a_killed_run_do_not_get_in(tmp_path):
    stale = tmp_path / ".corpora.partial"
    stale.mkdir()
    (stale / "half.wav").write_bytes(b"RIFF")
    write_corpora(tmp_path / "corpora", seed=0, scale=TINY)
    assert not stale.exists()
    assert not list(tmp_path.rglob("half.wav"))


@pytest.mark.parametrize("name", ["thesis.txt", MARKER])
def test_a_folder_of_something_else_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(CorpusError, match="something else"):
        write_corpora(tmp_path, seed=0, scale=TINY)
    with pytest.raises(CorpusError, match="something else"):
        write_corpora(tmp_path / name, seed=0, scale=TINY)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("wrong", [{"iemocap": 3}, {"esd_train": 301}, {"shortest": 2.0}, {"longest": 60.0}])
def test_a_scale_that_cannot_be_is_refused(wrong):
    with pytest.raises(UsageError, match=r".+"):
        Scale(**wrong)


def test_a_negative_seed_is_refused(tmp_path):
    with pytest.raises(UsageError, match="-1"):
        write_corpora(tmp_path / "corpora", seed=-1)
