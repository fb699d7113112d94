import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from releases import esd, free, kinds, load, msp_improv, write_wav

from pft_tui.corpora.check import AudioHeader, check_corpus, open_header
from pft_tui.corpora.riff import missing_seconds


def test_a_whole_corpus_is_usable(tmp_path):
    corpus = load("esd", esd(tmp_path))
    report = check_corpus(corpus, threads=2)
    assert (report.usable, report.reason, report.remedy) == (True, None, None)
    assert report.problems == ()
    assert report.by_split["evaluation"] == {"angry": 2, "happy": 2, "neutral": 4, "sad": 2, "surprise": 2}
    assert sum(sum(labels.values()) for labels in report.by_split.values()) == report.listed == 36
    assert report.by_language == {"English": 18, "Mandarin": 18}
    assert report.speakers == 2
    assert report.hours == pytest.approx(36 * 0.01 / 3600)
    assert report.sample_rates == {16_000: 36}
    assert report.headers["0001_000001"] == AudioHeader(0.01, 16_000)


def test_rates_and_lengths_come_from_the_headers(tmp_path):
    root = tmp_path
    write_wav(root / "Actor_01/03-01-01-01-01-01-01.wav", frames=48_000, rate=48_000)
    write_wav(root / "Actor_01/03-01-03-01-01-01-01.wav", frames=22_050, rate=44_100, channels=2)
    report = check_corpus(load("ravdess", root))
    assert report.headers == {
        "03-01-01-01-01-01-01": AudioHeader(1.0, 48_000),
        "03-01-03-01-01-01-01": AudioHeader(0.5, 44_100),
    }
    assert report.sample_rates == {44_100: 1, 48_000: 1}


def test_the_summary_is_json(tmp_path):
    root = esd(tmp_path)
    write_wav(root / "other.wav")
    summary = check_corpus(load("esd", root)).summary()
    assert "headers" not in summary
    again = json.loads(json.dumps(summary))
    assert again["problems"] == [
        {"kind": "malformed", "path": "other.wav", "detail": again["problems"][0]["detail"]}
    ]
    assert again["sample_rates"] == {"16000": 36}


def test_progress_is_told_in_order_up_to_the_end(tmp_path):
    corpus = load("esd", esd(tmp_path, tuple(f"{n:04d}" for n in range(1, 6))))
    told = []
    check_corpus(corpus, progress=lambda done, total: told.append((done, total)), threads=3)
    assert told == [(64, 90), (90, 90)]


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    match how:
        case "missing":
            path.unlink()
        case "empty":
            write_wav(path, frames=0)
        case "no bytes":
            path.write_bytes(b"")
        case "truncated":
            path.write_bytes(data[: len(data) // 2])
        case "only a header":
            path.write_bytes(data[:44])
        case "half a header":
            path.write_bytes(data[:30])
        case "text":
            path.write_bytes(b"404 not found\n" * 50)
        case "folder":
            path.unlink()
            path.mkdir()


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("missing", "missing"),
        ("empty", "empty"),
        ("no bytes", "empty"),
        ("truncated", "truncated"),
        ("only a header", "truncated"),
        ("half a header", "unreadable"),
        ("text", "unreadable"),
        ("folder", "unreadable"),
    ],
)
def test_damaged_audio_is_a_problem_and_stops_nothing(tmp_path, how, kind):
    root = msp_improv(tmp_path)
    corpus = load("msp_improv", root, split_fractions=(0.5, 0.25, 0.25))
    broken = next(item for item in corpus.utterances if item.split == "test")
    write_wav(root / broken.path, frames=16_000)
    damage(root / broken.path, how)
    report = check_corpus(corpus)
    assert [(problem.kind, problem.path) for problem in report.problems] == [(kind, broken.path)]
    assert report.headers.keys() == {u.utterance_id for u in corpus.utterances} - {broken.utterance_id}
    assert sum(report.sample_rates.values()) == 3
    assert report.usable


def test_missing_seconds_are_counted_from_the_header(tmp_path):
    path = write_wav(tmp_path / "a.wav", frames=32_000, channels=2)
    assert missing_seconds(path) == 0.0
    data = path.read_bytes()
    path.write_bytes(data[: 44 + 4 * 24_000])
    assert missing_seconds(path) == pytest.approx(0.5)
    assert soundfile.info(path).frames == 24_000


def test_a_header_that_promises_a_few_bytes_too_many_is_tolerated(tmp_path):
    path = write_wav(tmp_path / "a.wav", frames=1600)
    path.write_bytes(path.read_bytes()[:-36])
    assert open_header(tmp_path, "a.wav") == AudioHeader((1600 - 18) / 16_000, 16_000)


def test_a_header_of_unknown_length_is_not_truncated(tmp_path):
    path = write_wav(tmp_path / "a.wav", frames=1600)
    data = bytearray(path.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert missing_seconds(path) == 0.0
    assert open_header(tmp_path, "a.wav") == AudioHeader(0.1, 16_000)


def test_further_chunks_before_the_samples_are_passed_over(tmp_path):
    path = write_wav(tmp_path / "a.wav", frames=1600)
    data = path.read_bytes()
    odd_chunk = b"LIST" + (5).to_bytes(4, "little") + b"INFOx" + b"\0"
    path.write_bytes(data[:36] + odd_chunk + data[36:1644])
    assert missing_seconds(path) == pytest.approx(0.05)


def test_other_formats_are_opened_too(tmp_path):
    soundfile.write(tmp_path / "a.flac", np.zeros(800), 8_000)
    (tmp_path / "b.raw").write_bytes(b"\0" * 100)
    (tmp_path / "m.csv").write_text("path,label\na.flac,x\nb.raw,y\n")
    report = check_corpus(load("manifest", tmp_path))
    assert report.headers == {"a": AudioHeader(0.1, 8_000)}
    assert kinds(report) == ["unreadable"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"keep": ("anger",)}, "all training utterances are labelled 'anger'"),
        ({"split_fractions": (1.0, 0.0, 0.0)}, "no utterance is for evaluation"),
    ],
)
def test_what_cannot_be_trained_on_is_not_usable(tmp_path, options, reason):
    corpus = load("msp_improv", msp_improv(tmp_path), **options)
    report = check_corpus(corpus)
    assert not report.usable
    assert report.reason == reason
    assert report.remedy


def test_without_sound_audio_a_corpus_is_not_usable(tmp_path):
    corpus = load("savee", free("savee", tmp_path))
    for item in corpus.utterances:
        (tmp_path / item.path).write_bytes(b"")
    report = check_corpus(corpus)
    assert report.reason == "no audio file is sound"
    assert (report.hours, report.speakers) == (0.0, 0)


def test_an_empty_corpus_is_not_usable(tmp_path):
    root = msp_improv(tmp_path)
    for path in root.rglob("*.wav"):
        path.unlink()
    report = check_corpus(load("msp_improv", root))
    assert report.reason == "no utterance is left"
    assert "beside the labels" in report.remedy


def test_a_corpus_without_training_utterances_is_not_usable(tmp_path):
    for name in ("a", "b"):
        write_wav(tmp_path / f"{name}.wav")
    (tmp_path / "m.csv").write_text("path,label,split\na.wav,x,test\nb.wav,y,dev\n")
    assert check_corpus(load("manifest", tmp_path)).reason == "no utterance is for training"
